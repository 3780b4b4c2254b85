// Work waits for its turn in the order in which it came, a bounded number of it, and one that fails hands its place on. Trap "Every
// buffer and wait has a limit".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from './turns.ts';

test('a few at a time, in order, and too many are refused', async () => {
  const turns = createTurns({ atOnceMax: 2, waitingMax: 3 });
  const begun: number[] = [];
  const works = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const runs = works.map(({ promise }, at) =>
    turns.run(async () => {
      begun.push(at);
      await promise;
      return at;
    }),
  );
  await assert.rejects(
    turns.run(() => 5),
    { code: 'BUSY' },
  );
  assert.deepEqual(begun, [0, 1]);
  works[1]?.reject(new Error('of its own'));
  await assert.rejects(runs[1] ?? Promise.resolve(), /of its own/);
  for (const { resolve } of works) resolve();
  assert.deepEqual(await Promise.all(runs.filter((_, at) => at !== 1)), [0, 2, 3, 4]);
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
  assert.equal(await turns.run(() => 6), 6);
});
