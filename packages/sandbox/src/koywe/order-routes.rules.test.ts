// Orders follow the platform's documented rules: which fields go together, which amounts and methods succeed, one order
// per externalId, and the states an order passes with an event for each. K16
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  createContact,
  credential,
  type Harness,
  merchantPath,
  payin,
  startHarness,
} from '../sandbox.harness.ts';

let harness: Harness;
let contactId: string;
before(async () => {
  harness = await startHarness();
  await harness.signIn();
  contactId = await createContact(harness);
});
after(() => harness.close());

const ordersPath = `${merchantPath}/orders`;

async function create(body: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
  return harness.call('POST', ordersPath, { body });
}

async function settled(id: unknown, status: string): Promise<Record<string, unknown>> {
  await harness.line(
    (line) => line.event === 'order.changed' && line.orderId === id && line.status === status,
  );
  return (await harness.call('GET', `${ordersPath}/${id}`)).json;
}

function eventTypes(id: unknown): string[] {
  return harness.state().events.flatMap(({ resourceId, type }) => (resourceId === id ? [type] : []));
}

test('K16: a PAYIN is created PENDING and goes PROCESSING, PAID, COMPLETED with an event for each', async () => {
  const { status, json } = await create(payin(contactId, { externalId: 'order-1', description: 'Shoes' }));
  assert.equal(status, 201);
  assert.match(String(json['id']), /^ord_/);
  assert.equal(json['status'], 'PENDING');
  assert.equal(json['amountIn'], 50_000);
  assert.equal(json['amountOut'], 50_000);
  assert.equal(json['externalId'], 'order-1');
  assert.equal(json['providedActionType'], 'PAYMENT_LINK');
  const order = await settled(json['id'], 'COMPLETED');
  assert.equal(order['status'], 'COMPLETED');
  assert.deepEqual(eventTypes(json['id']), [
    'order.created',
    'order.processing',
    'order.paid',
    'order.completed',
  ]);
  const external = await harness.call('GET', `${ordersPath}/external/order-1`);
  assert.deepEqual(external.json, order);
});

test('K16: the amount 666 fails', async () => {
  const { json } = await create(payin(contactId, { amountIn: 666 }));
  assert.equal((await settled(json['id'], 'FAILED'))['status'], 'FAILED');
  assert.deepEqual(eventTypes(json['id']), ['order.created', 'order.processing', 'order.failed']);
});

test('a PAYOUT fails and is refunded', async () => {
  const body = {
    type: 'PAYOUT',
    amountOut: 10,
    originCurrencySymbol: 'USD',
    destinationCurrencySymbol: 'CLP',
  };
  assert.equal((await create(body)).status, 400, 'destinationAccountId is missing');
  const { status, json } = await create({ ...body, destinationAccountId: 'acc_1' });
  assert.equal(status, 201);
  assert.equal((await settled(json['id'], 'FAILED'))['status'], 'FAILED');
  assert.deepEqual(eventTypes(json['id']), ['order.created', 'order.failed', 'order.refunded']);
});

test('a BALANCE_TRANSFER needs a policy, and completes at once under one', async () => {
  const body = {
    type: 'BALANCE_TRANSFER',
    amountIn: 10,
    originCurrencySymbol: 'USD',
    destinationCurrencySymbol: 'CLP',
  };
  const refused = await create(body);
  assert.equal(refused.json['errorCode'], 'POL00002');
  const permitted = await startHarness({ koywe: { transferPolicy: true }, stepDelayMs: 3_600_000 });
  try {
    await permitted.signIn();
    const { json } = await permitted.call('POST', ordersPath, { body });
    assert.equal(json['isMerchantSelfOrder'], true);
    assert.equal(json['amountOut'], 9_500);
    await permitted.line(({ event, status }) => event === 'order.changed' && status === 'COMPLETED');
  } finally {
    await permitted.close();
  }
});

test('a PAYMENT_LINK takes no methods, an INTER_MERCHANT_TRANSFER names the other merchant', async () => {
  const symbols = { originCurrencySymbol: 'CLP', destinationCurrencySymbol: 'CLP', amountIn: 100 };
  assert.equal((await create({ type: 'PAYMENT_LINK', ...symbols, paymentMethods: [] })).status, 201);
  assert.equal((await create({ type: 'INTER_MERCHANT_TRANSFER', ...symbols })).status, 400);
  const named = { type: 'INTER_MERCHANT_TRANSFER', ...symbols, destinationMerchantId: 'mrc_2' };
  assert.equal((await create(named)).status, 201);
});

test('K16: exactly one of amountIn, amountOut and quoteId, with or without the currency symbols', async () => {
  const { amountIn: _, ...without } = payin(contactId);
  const { originCurrencySymbol: __, ...oneSymbol } = payin(contactId);
  for (const body of [
    without,
    payin(contactId, { amountOut: 1 }),
    payin(contactId, { quoteId: 'quo_1' }),
    { ...without, quoteId: 'quo_1' },
    oneSymbol,
  ]) {
    const { status, json } = await create(body);
    assert.equal(status, 400, JSON.stringify(body));
    assert.equal(json['errorCode'], 'VALIDATION_FAILED');
  }
});

test('K16: a PAYIN needs exactly one method, and a contact that exists', async () => {
  assert.equal((await create(payin(contactId, { paymentMethods: [] }))).status, 400);
  const two = [{ method: 'PSE' }, { method: 'NEQUI' }];
  assert.equal((await create(payin(contactId, { paymentMethods: two }))).status, 400);
  const { json } = await create(payin(undefined));
  assert.equal(json['errorCode'], 'CT00036');
  assert.equal(json['message'], 'Contact is required for PAYIN orders');
  assert.equal((await create(payin('con_nobody'))).status, 400);
});

test('K16: fields outside their bounds are 400 and are not quoted back', async () => {
  for (const more of [
    { amountIn: 0 },
    { amountIn: -1 },
    { amountIn: '50000' },
    { amountIn: null },
    { originCurrencySymbol: 'XXX' },
    { originCurrencySymbol: '__proto__' },
    { externalId: 'not allowed' },
    { externalId: 'x'.repeat(256) },
    { description: 'x'.repeat(256) },
    { successUrl: 'javascript:alert(1)' },
    { type: 'ONRAMP' },
  ]) {
    const { status, json } = await create(payin(contactId, more));
    assert.equal(status, 400, JSON.stringify(more));
    assert.ok(!String(json['message']).includes('x'.repeat(100)));
  }
});

test('K16: a repeated externalId is 409, whatever the order holds', async () => {
  const id = { externalId: 'once_only-1' };
  assert.equal((await create(payin(contactId, id))).status, 201);
  assert.equal((await create(payin(contactId, id))).status, 409);
  assert.equal((await create(payin(contactId, { ...id, amountIn: 7 }))).status, 409);
  const raced = await Promise.all(
    Array.from({ length: 8 }, () => create(payin(contactId, { externalId: 'raced' }))),
  );
  assert.deepEqual(raced.map(({ status }) => status).sort(), [201, 409, 409, 409, 409, 409, 409, 409]);
});

test('a quote fixes both amounts, lives 10 to 15 seconds and serves one order of its type', async (context) => {
  const quote = {
    type: 'PAYIN',
    originCurrencySymbol: 'COP',
    destinationCurrencySymbol: 'CLP',
    amountIn: 40_000,
  };
  const quoted = async (): Promise<Record<string, unknown>> =>
    (await harness.call('POST', `${merchantPath}/quotes`, { body: quote })).json;
  const { id, ...rest } = await quoted();
  assert.equal(rest['amountOut'], 9_500);
  assert.ok(Number(rest['validFor']) >= 10 && Number(rest['validFor']) <= 15);
  const body = { type: 'PAYIN', quoteId: id, contactId, paymentMethods: [{ method: 'PSE' }] };
  const { status, json } = await create(body);
  assert.equal(status, 201);
  assert.equal(json['amountOut'], 9_500);
  assert.equal(json['destinationCurrencySymbol'], 'CLP');
  assert.equal((await create(body)).json['errorCode'], 'QUOTE_UNUSABLE');
  const { id: late } = await quoted();
  // Only the date is mocked: the sandbox runs in this process.
  context.mock.timers.enable({ apis: ['Date'], now: Date.now() + 16_000 });
  assert.equal((await create({ ...body, quoteId: late })).json['errorCode'], 'QUOTE_UNUSABLE');
  context.mock.timers.reset();
  for (const wrong of [
    { ...quote, amountOut: 1 },
    { ...quote, amountIn: undefined },
    { ...quote, type: 'ONRAMP' },
  ]) {
    assert.equal((await harness.call('POST', `${merchantPath}/quotes`, { body: wrong })).status, 400);
  }
});

test('what is not there is 404; elsewhere reads are empty and writes are MC00015', async () => {
  assert.equal((await harness.call('GET', `${ordersPath}/ord_nothing`)).status, 404);
  assert.equal((await harness.call('GET', `${ordersPath}/external/nothing`)).status, 404);
  for (const elsewhere of [
    ordersPath.replace(credential.organizationId, 'org_other'),
    ordersPath.replace(credential.merchantId, 'mrc_other'),
  ]) {
    const { status, json } = await harness.call('GET', `${elsewhere}/ord_1`);
    assert.equal(status, 200);
    assert.deepEqual(json, {});
    const written = await harness.call('POST', elsewhere, { body: payin(contactId) });
    assert.equal(written.json['errorCode'], 'MC00015');
  }
});

test('an oversized, malformed or foreign body is refused in the platform’s envelope', async () => {
  const malformed = await harness.call('POST', ordersPath, { text: '{"type":' });
  const oversized = await harness.call('POST', ordersPath, { text: JSON.stringify('x'.repeat(1_100_000)) });
  const foreign = await harness.call('POST', ordersPath, {
    text: '<a/>',
    headers: { 'content-type': 'text/xml' },
  });
  const polluting = await harness.call('POST', ordersPath, { text: '{"__proto__":{"type":"PAYIN"}}' });
  assert.deepEqual(
    [malformed.status, oversized.status, foreign.status, polluting.status],
    [400, 413, 415, 400],
  );
  for (const { json, status } of [malformed, oversized, foreign, polluting]) {
    assert.deepEqual(Object.keys(json), ['statusCode', 'timestamp', 'path', 'errorCode', 'message']);
    assert.equal(json['statusCode'], status);
  }
});
