// What a webhook says is asked about at the platform, over the connection and in the log as any call; what the platform does not say is
// held, and what it does goes on. K7 L11; trap "Authentic is not correct".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { aConnection, aKey, sendWebhook, webhookSecret } from '../objects.fixture.ts';

const { admin, call, koywe } = await sharedGateway();
const merchant = `/api/v1/organizations/${koywe.organizationId}/merchants/${koywe.merchantId}`;

async function anOrder(prefix: string): Promise<string> {
  const { secret: key } = await aKey();
  const through = (path: string, body: object) =>
    call({ method: 'POST', path: `${prefix}${merchant}${path}`, key, body });
  const contact = await through('/contacts', {
    firstName: 'Ana',
    countrySymbol: 'CL',
    businessType: 'PERSON',
    type: 'PERSON',
    email: 'somebody@example.test',
  });
  const order = await through('/orders', {
    type: 'PAYIN',
    originCurrencySymbol: 'CLP',
    destinationCurrencySymbol: 'CLP',
    amountIn: 5_000,
    externalId: freshName().replaceAll(' ', '-'),
    contactId: contact.json<{ id: string }>().id,
    paymentMethods: [{ method: 'KHIPU' }],
  });
  assert.equal(order.status, 201, order.text);
  return order.json<{ id: string }>().id;
}

test('200 at once; the event goes on when the order is what the webhook says, and not before', async () => {
  const { id: connection, prefix } = await aConnection();
  const order = await anOrder(prefix);
  const made = await admin('POST', '/admin/v1/endpoints', {
    platform: 'koywe',
    name: freshName(),
    secret: webhookSecret(),
    confirm: {
      connection,
      path: `${merchant}/orders/{data.orderId}`,
      expect: [{ path: ['amountIn'], oneOf: [5_000] }],
    },
  });
  assert.equal(made.status, 201, made.text);
  const { path } = made.json<{ path: string }>();
  const send = async (orderId: string): Promise<string> => {
    const body = JSON.stringify({ id: freshName(), type: 'order.created', data: { orderId } });
    const answer = await sendWebhook(path, { body });
    assert.equal(answer.status, 200, answer.text);
    return answer.json<{ event: string }>().event;
  };
  const stateOf = async (event: string) =>
    (await admin('GET', `/admin/v1/events/${event}`)).json<{ state: string }>().state;
  const [right, wrong] = [await send(order), await send('ord_nobody_has')];
  while ((await stateOf(right)) === 'unconfirmed') await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await stateOf(right), 'accepted');
  assert.equal(await stateOf(wrong), 'unconfirmed');
});
