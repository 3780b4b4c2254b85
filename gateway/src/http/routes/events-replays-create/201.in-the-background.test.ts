// A replay begins, goes on by itself, and delivers what its time and its filter hold; the log says who asked for it. K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination, aFinishedReplay, anEvent, newReplay } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('201 with what was asked for, and after a while one delivery of the event', async () => {
  const { id: event, endpoint } = await anEvent();
  const { id: destination } = await aDestination();
  const answer = await newReplay({ endpoint, destination });
  assert.equal(answer.status, 201, answer.text);
  const { id, query } = answer.json<{ id: string; query: Record<string, unknown> }>();
  assert.deepEqual(
    [query['endpoint'], query['destination'], query['only']],
    [endpoint, destination, 'undelivered'],
  );
  const finished = await aFinishedReplay(id);
  assert.deepEqual([finished.events, finished.deliveries], [1, 1]);
  const listed = await admin('GET', `/admin/v1/deliveries?event=${event}&destination=${destination}`);
  assert.equal(listed.json<{ items: unknown[] }>().items.length, 1);
  const [created, ...rest] = await actsOn(`replay:${id}`);
  assert.equal(created, 'replay.created: success by key');
  assert.deepEqual(rest, ['replay.finished: success by system']);
});
