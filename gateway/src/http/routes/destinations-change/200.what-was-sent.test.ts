// What was sent changes and nothing else, and the log has each change. K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('200 with the destination as it is now, paused, moved, resumed', async () => {
  const { id } = await aDestination();
  const path = `/admin/v1/destinations/${id}`;
  const made = (await admin('GET', path)).json();
  const paused = await admin('PATCH', path, { state: 'paused' });
  assert.equal(paused.status, 200);
  const { pausedAt } = paused.json<{ pausedAt: string }>();
  const stopped = { ...made, state: 'paused', pausedReason: 'by administration', pausedAt };
  assert.deepEqual(paused.json(), stopped);
  assert.deepEqual((await admin('PATCH', path, {})).json(), stopped);
  const moved = await admin('PATCH', path, { url: 'https://app.test/y', state: 'active' });
  assert.deepEqual(moved.json(), { ...made, url: 'https://app.test/y' });
  assert.deepEqual((await admin('GET', path)).json(), moved.json());
  const changed = 'destination.changed: success by key';
  assert.deepEqual(await actsOn(`destination:${id}`), [
    'destination.created: success by key',
    changed,
    changed,
    changed,
  ]);
});
