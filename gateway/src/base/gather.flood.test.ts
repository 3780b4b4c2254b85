// A flood under one key makes few writes, loses nothing, tells nobody too early, and stays bounded. U11 L12; design 5.4, 5.7.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGather } from './gather.ts';

/** A writer that can be held, and what it was given. */
function heldWriter() {
  const writes: number[][] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const write = (items: readonly number[]): Promise<void> => {
    writes.push([...items]);
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    return gate.promise;
  };
  return { writes, gates, write };
}

test('the first is written at once, what follows within the window together at its end, and nothing is lost', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { writes, gates, write } = heldWriter();
  const gather = createGather({ write, windowMs: 1_000, itemsMax: 100 });
  const told: number[] = [];
  const added = Array.from({ length: 10 }, (_, item) => gather.add('one', item).then(() => told.push(item)));
  assert.deepEqual(writes, [[0]]);
  gates[0]?.resolve();
  await added[0];
  assert.deepEqual(told, [0]);
  t.mock.timers.tick(1_000);
  assert.deepEqual(writes, [[0], [1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  assert.deepEqual(told, [0], 'nobody is told before the write is done');
  gates[1]?.resolve();
  await Promise.all(added);
  t.mock.timers.tick(1_000);
  void gather.add('one', 10).catch(() => undefined);
  assert.deepEqual(writes.at(-1), [10], 'after a quiet window the next is written at once');
  for (const gate of gates) gate.resolve();
  await gather.close();
});

test('keys do not wait for each other; a failed write fails its own items only', async () => {
  const gather = createGather<number>({
    write: (items) => (items.includes(1) ? Promise.reject(new Error('away')) : Promise.resolve()),
    windowMs: 60_000,
    itemsMax: 100,
  });
  const [failed, written] = await Promise.allSettled([gather.add('a', 1), gather.add('b', 2)]);
  assert.equal(failed.status, 'rejected');
  assert.equal(written.status, 'fulfilled');
  await gather.close();
});

test('beyond the limit the answer is BUSY; close writes what waits', async () => {
  const { writes, gates, write } = heldWriter();
  const gather = createGather({ write, windowMs: 60_000, itemsMax: 3 });
  const added = [gather.add('a', 0), gather.add('a', 1), gather.add('a', 2)];
  await assert.rejects(gather.add('a', 3), { code: 'BUSY' });
  const closed = gather.close();
  assert.deepEqual(writes, [[0], [1, 2]]);
  for (const gate of gates) gate.resolve();
  await Promise.all([...added, closed]);
});
