// A replay that is canceled goes no further; one that is over stays as it is. K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aFinishedReplay, aReplay } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with where it ended, and the same again', async () => {
  const { id } = await aReplay();
  const answer = await admin('POST', `/admin/v1/replays/${id}/cancel`);
  assert.equal(answer.status, 200, answer.text);
  const { state } = answer.json<{ state: string }>();
  // It may have been faster.
  assert.ok(state === 'canceled' || state === 'finished');
  assert.equal((await aFinishedReplay(id)).state, state);
  assert.equal(
    (await admin('POST', `/admin/v1/replays/${id}/cancel`)).json<{ state: string }>().state,
    state,
  );
});
