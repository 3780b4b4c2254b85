// A paused endpoint takes nothing until it is resumed, and a replaced secret is the only one from the next webhook on. K2 U5
// K7 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('200 with the endpoint as it is now, paused and resumed', async () => {
  const made = await anEndpoint();
  const path = `/admin/v1/endpoints/${made.id}`;
  const paused = await admin('PATCH', path, { state: 'paused' });
  assert.equal(paused.status, 200);
  assert.deepEqual(paused.json(), { ...made, state: 'paused' });
  assertProblem(await sendWebhook(made.path, { body: '{}' }), 'ENDPOINT_PAUSED');
  assert.deepEqual((await admin('PATCH', path, { state: 'active' })).json(), made);
  assert.equal((await sendWebhook(made.path, { body: '{}' })).status, 200);
  const changed = 'endpoint.changed: success by key';
  assert.deepEqual(
    (await actsOn(`endpoint:${made.id}`)).filter((act) => act === changed),
    [changed, changed],
  );
});

test('200 for a new secret, which is not shown', async () => {
  const { id, path } = await anEndpoint();
  const secret = 'another-secret-of-the-endpoint-1';
  const answer = await admin('PATCH', `/admin/v1/endpoints/${id}`, { secret });
  assert.ok(!answer.text.includes(secret));
  assertProblem(await sendWebhook(path, { body: '{}' }), 'WEBHOOK_REFUSED');
  assert.equal((await sendWebhook(path, { body: '{}', secret })).status, 200);
});
