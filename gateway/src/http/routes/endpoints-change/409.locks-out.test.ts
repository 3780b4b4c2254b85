// An allowlist that would refuse a sender whose webhooks were verified within the last day takes force. K14 U7 Q15.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('409 LOCKS_OUT_CALLER with the number of them and not who they are, and nothing is changed', async () => {
  const { id, path } = await anEndpoint();
  await sendWebhook(path, { body: '{"id":"a"}' });
  const change = (more: object) =>
    admin('PATCH', `/admin/v1/endpoints/${id}`, { allowedAddresses: ['192.0.2.0/24'], ...more });
  const { detail } = assertProblem(await change({}), 'LOCKS_OUT_CALLER');
  assert.match(detail, / 1 caller/);
  assert.doesNotMatch(detail, /127\.0/);
  assert.equal((await sendWebhook(path, { body: '{"id":"b"}' })).status, 200);
  assert.deepEqual((await change({ force: true })).json()['allowedAddresses'], ['192.0.2.0/24']);
  assertProblem(await sendWebhook(path, { body: '{"id":"c"}' }), 'ADDRESS_REFUSED');
  assert.deepEqual((await change({ allowedAddresses: [] })).json()['allowedAddresses'], []);
  assert.equal((await sendWebhook(path, { body: '{"id":"d"}' })).status, 200);
});
