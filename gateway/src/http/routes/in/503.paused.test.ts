// A paused endpoint takes nothing and has the sender come back; what comes then is taken. L12; trap "is paused … and says so".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('503 ENDPOINT_PAUSED while it is paused, and no event', async () => {
  const { id, path } = await anEndpoint();
  const set = (state: string) => admin('PATCH', `/admin/v1/endpoints/${id}`, { state });
  await set('paused');
  assertProblem(await sendWebhook(path, { body: '{"id":"1"}' }), 'ENDPOINT_PAUSED');
  await set('active');
  const { duplicate } = (await sendWebhook(path, { body: '{"id":"1"}' })).json();
  assert.equal(duplicate, false);
});
