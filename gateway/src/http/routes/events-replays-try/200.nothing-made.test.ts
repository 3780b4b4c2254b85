// A dry run counts what a replay would deliver, shows some of it, and delivers nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination, anEvent, replayBody } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with counts and a sample; afterwards there is no delivery more than before', async () => {
  const { id: event, endpoint } = await anEvent();
  const { id: destination } = await aDestination();
  const answer = await admin('POST', '/admin/v1/replays/try', replayBody({ endpoint, destination }));
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json(), {
    events: 1,
    deliveries: 1,
    complete: true,
    sample: [{ event, destination }],
  });
  const listed = await admin('GET', `/admin/v1/deliveries?destination=${destination}`);
  assert.deepEqual(listed.json<{ items: unknown[] }>().items, []);
});
