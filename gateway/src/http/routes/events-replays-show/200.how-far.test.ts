// A replay says how far it has come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aFinishedReplay, aReplay } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with its state, its query and its counts', async () => {
  const { id } = await aReplay();
  await aFinishedReplay(id);
  const answer = await admin('GET', `/admin/v1/replays/${id}`);
  assert.equal(answer.status, 200);
  const { state, events, deliveries } = answer.json();
  assert.deepEqual({ state, events, deliveries }, { state: 'finished', events: 0, deliveries: 0 });
});
