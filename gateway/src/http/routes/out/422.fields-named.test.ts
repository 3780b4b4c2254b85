// 422: a forwarded body that the platform would not take is answered with its fields, no value, and reaches nobody; each
// connection says how strictly. K16 Q6 K19; trap "content-type differentials".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterFile } from '#test/database';
import { withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';

const gateway = await withGateway(afterFile);
const { adminKey, testKey, koywe, sandbox } = gateway;
const call = await withDescribedClient(afterFile, gateway);
const headers = { 'content-type': 'application/json' };
const admin = (method: 'PATCH' | 'POST', path: string, body: object) =>
  call({ method, path, key: adminKey, body, headers });

const credential = { apiKey: koywe.apiKey, secret: koywe.secret };
const made = await admin('POST', '/admin/v1/connections', {
  platform: 'koywe',
  name: 'koywe',
  credential,
  baseUrl: sandbox.url,
});
const { id, prefix, requestChecks } = made.json<{ id: string; prefix: string; requestChecks: string }>();
const orders = `${prefix}/api/v1/organizations/${koywe.organizationId}/merchants/${koywe.merchantId}/orders`;
const order = {
  type: 'PAYMENT_LINK',
  amountIn: 5000,
  originCurrencySymbol: 'CLP',
  destinationCurrencySymbol: 'CLP',
};
const SECRET = 'cnry-value-that-must-not-come-back-0422';

const post = (body: object | string, type = 'application/json') =>
  call({ method: 'POST', path: orders, key: testKey, body, headers: { 'content-type': type } });
const received = () => sandbox.state().requests.filter(({ path }) => path.endsWith('/orders')).length;

test('422 REQUEST_SCHEMA names the fields and no value, and nothing was sent', async () => {
  const before = received();
  const answer = await post({
    ...order,
    amountIn: 10.5,
    externalId: `${SECRET} `,
    originCurrencySymbol: SECRET,
  });
  const problem = assertProblem(answer, 'REQUEST_SCHEMA');
  assert.deepEqual(
    problem.fields?.map(({ path }) => path),
    ['body.originCurrencySymbol', 'body.externalId'],
  );
  assert.ok(!answer.text.includes('cnry'), answer.text);
  assertProblem(await post(JSON.stringify(order).replace('{', '{"amountIn":1,')), 'MALFORMED_BODY');
  assertProblem(await post(JSON.stringify(order), 'text/plain'), 'UNSUPPORTED_MEDIA_TYPE');
  assertProblem(await post({ ...order, more: 'x'.repeat(300_000) }), 'BODY_TOO_LARGE');
  assert.equal(received(), before);
  assert.equal((await post(order)).status, 201);
});

test('unknown fields pass until the connection is set to strict', async () => {
  assert.equal(requestChecks, 'lenient');
  assert.equal((await post({ ...order, [SECRET]: 1 })).status, 201);
  const path = `/admin/v1/connections/${id}`;
  const changed = await admin('PATCH', path, { requestChecks: 'strict' });
  assert.equal(changed.json<{ requestChecks: string }>().requestChecks, 'strict');
  const problem = assertProblem(await post({ ...order, [SECRET]: 1 }), 'REQUEST_SCHEMA');
  assert.deepEqual(problem.fields, [{ path: 'body', problem: 'has fields that are not known here' }]);
  for (const given of ['none', '', null, true])
    assertProblem(await admin('PATCH', path, { requestChecks: given }), 'INVALID_REQUEST');
});
