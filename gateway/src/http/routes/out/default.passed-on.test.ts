// The platform's answer comes back as it was, under the credential kept here and none of the caller's; the log has the call
// before it and its outcome after. K1 K10 K11 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';

const { actsOn, call, koywe, sandbox, testKey: key } = await sharedGateway();

test('201 of the platform for an order, with its body, and both ends of the call in the log', async () => {
  const { id, prefix } = await aConnection();
  const path = `${prefix}/api/v1/organizations/${koywe.organizationId}/merchants/${koywe.merchantId}/orders`;
  const order = {
    type: 'PAYMENT_LINK',
    amountIn: 5000,
    originCurrencySymbol: 'CLP',
    destinationCurrencySymbol: 'CLP',
  };
  const answer = await call({ method: 'POST', path, key, body: order });
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.json()['amountIn'], 5000);
  assert.deepEqual(await actsOn(`connection:${id}`), [
    'connection.created: success by key',
    'call.started: intent by key',
    'call.finished: success by key',
  ]);
});

test("404 of the platform is the platform's, whatever the method, and no key of ours reaches it", async () => {
  const { prefix } = await aConnection();
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const answer = await call({ method, path: `${prefix}/api/v1/nowhere?page=2`, key });
    assert.equal(answer.status, 404, answer.text);
    assert.notEqual(answer.headers['content-type'], 'application/problem+json');
  }
  assert.ok(!JSON.stringify(sandbox.state()).includes(key.slice('sk_test_syp_'.length)));
});
