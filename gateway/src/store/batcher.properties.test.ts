// Every item gets exactly its own result, whatever the sizes, failures and pace of flushes; queue, bytes, flushes at
// once and waits stay within their limits; close() waits for all of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { Fault, systemClock } from '#base';
import { type BatchResult, createBatcher, outcomeUnknown } from '#store';

const SEED = 20_260_131;
const TIMEOUT_MS = 60_000;

interface Item {
  readonly id: number;
  readonly bytes: number;
  readonly fails: boolean;
}

const plan = fc.record({
  items: fc.array(fc.record({ bytes: fc.nat(50), fails: fc.boolean(), pause: fc.boolean() }), {
    maxLength: 60,
  }),
  itemsMax: fc.integer({ min: 1, max: 10 }),
  bytesMax: fc.integer({ min: 1, max: 120 }),
  queueItemsMax: fc.integer({ min: 1, max: 40 }),
  queueBytesMax: fc.integer({ min: 50, max: 1_000 }),
  concurrency: fc.integer({ min: 1, max: 3 }),
  turns: fc.array(fc.nat(3), { maxLength: 20 }),
  throwing: fc.array(fc.boolean(), { maxLength: 20 }),
});

test('each item gets its own result, and no limit is passed', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (given) => {
      let flushes = 0;
      let atOnce = 0;
      const flushed: number[] = [];
      const batcher = createBatcher<Item, number>({
        ...given,
        name: 'test',
        bytesOf: ({ bytes }) => bytes,
        timeoutMs: TIMEOUT_MS,
        clock: systemClock,
        async flush(items) {
          const index = flushes++;
          atOnce += 1;
          assert.ok(atOnce <= given.concurrency);
          assert.ok(items.length > 0 && items.length <= given.itemsMax);
          const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
          assert.ok(items.length === 1 || bytes <= given.bytesMax);
          flushed.push(...items.map(({ id }) => id));
          for (let turn = given.turns[index] ?? 0; turn > 0; turn -= 1) await setImmediate();
          atOnce -= 1;
          if (given.throwing[index] === true) throw new Fault('STORE_UNAVAILABLE');
          return items.map(
            (item): BatchResult<number> =>
              item.fails ? { ok: false, fault: new Fault('CONFLICT') } : { ok: true, value: item.id },
          );
        },
      });
      const results: Promise<string>[] = [];
      for (const [id, { bytes, fails, pause }] of given.items.entries()) {
        const outcome = batcher.add({ id, bytes, fails }).then(
          (value) => {
            assert.equal(value, id);
            assert.equal(fails, false);
            return 'done';
          },
          (fault: Fault) => {
            assert.equal(fault.code === 'CONFLICT' && !fails, false);
            return fault.code;
          },
        );
        results.push(outcome);
        assert.ok(batcher.depth() <= given.queueItemsMax + given.itemsMax * given.concurrency);
        if (pause) await setImmediate();
      }
      await batcher.close();
      assert.equal(batcher.depth(), 0);
      const outcomes = await Promise.all(results);
      const refused = outcomes.filter((outcome) => outcome === 'BUSY').length;
      assert.equal(new Set(flushed).size, flushed.length, 'an item was flushed twice');
      assert.equal(flushed.length, given.items.length - refused);
      assert.deepEqual(given.concurrency === 1 ? flushed.toSorted((a, b) => a - b) : flushed, flushed);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('a lone item is flushed at once, without waiting for company', async () => {
  const batcher = createBatcher<number, number>({ ...usual(), flush: async (items) => items.map(done) });
  assert.equal(await batcher.add(7), 7);
});

test('items that arrive during a flush share the next one', async () => {
  const gate = Promise.withResolvers<void>();
  const sizes: number[] = [];
  const batcher = createBatcher<number, number>({
    ...usual(),
    async flush(items) {
      sizes.push(items.length);
      await gate.promise;
      return items.map(done);
    },
  });
  const results = [batcher.add(0)];
  await setImmediate();
  for (let id = 1; id <= 5; id += 1) results.push(batcher.add(id));
  await setImmediate();
  gate.resolve();
  assert.deepEqual(await Promise.all(results), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(sizes, [1, 5]);
});

test('a flush that lasts holds up no other, and a quick one has the database to itself', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const gates = new Map([0, 1].map((id) => [id, Promise.withResolvers<void>()]));
  const flushed: number[][] = [];
  const batcher = createBatcher<number, number>({
    ...usual(),
    concurrency: 2,
    async flush(items) {
      flushed.push([...items]);
      for (const id of items) await gates.get(id)?.promise;
      return items.map(done);
    },
  });
  const quick = batcher.add(0);
  await setImmediate();
  const slow = [batcher.add(1), batcher.add(3)];
  await setImmediate();
  assert.deepEqual(flushed, [[0]], 'beside a quick one');
  gates.get(0)?.resolve();
  await quick;
  const next = batcher.add(4);
  await setImmediate();
  assert.deepEqual(flushed, [[0], [1, 3]], 'beside one that has just begun');
  t.mock.timers.tick(20);
  assert.equal(await next, 4);
  assert.equal(await batcher.add(5), 5);
  assert.deepEqual(flushed, [[0], [1, 3], [4], [5]]);
  gates.get(1)?.resolve();
  assert.deepEqual(await Promise.all(slow), [1, 3]);
  await batcher.close();
});

test('a full batch does not wait for a flush under way', async () => {
  const gate = Promise.withResolvers<void>();
  const flushed: number[][] = [];
  const batcher = createBatcher<number, number>({
    ...usual(),
    concurrency: 2,
    itemsMax: 3,
    async flush(items) {
      flushed.push([...items]);
      await gate.promise;
      return items.map(done);
    },
  });
  const results = [batcher.add(0)];
  await setImmediate();
  for (let id = 1; id <= 3; id += 1) results.push(batcher.add(id));
  await setImmediate();
  assert.deepEqual(flushed, [[0], [1, 2, 3]]);
  gate.resolve();
  assert.deepEqual(await Promise.all(results), [0, 1, 2, 3]);
});

test('a full queue is BUSY with a time to come back, and takes items again when it has room', async () => {
  const gate = Promise.withResolvers<void>();
  const batcher = createBatcher<number, number>({
    ...usual(),
    queueItemsMax: 2,
    async flush(items) {
      await gate.promise;
      return items.map(done);
    },
  });
  const first = batcher.add(0);
  await setImmediate();
  const queued = [batcher.add(1), batcher.add(2)];
  await assert.rejects(
    batcher.add(3),
    (fault: Fault) => fault.code === 'BUSY' && fault.retryAfterSeconds === 1,
  );
  gate.resolve();
  assert.deepEqual(await Promise.all([first, ...queued]), [0, 1, 2]);
  assert.equal(await batcher.add(4), 4);
});

test('an item still queued at its time limit is BUSY and never flushed; one in a flush is of unknown outcome', async () => {
  const gate = Promise.withResolvers<void>();
  const flushed: number[] = [];
  const batcher = createBatcher<number, number>({
    ...usual(),
    timeoutMs: 1_000, // the first is in its flush by then, however slow the machine
    async flush(items) {
      flushed.push(...items);
      await gate.promise;
      return items.map(done);
    },
  });
  const inFlush = assert.rejects(
    batcher.add(0),
    (fault: Fault) =>
      fault.code === 'STORE_UNAVAILABLE' && fault.retryAfterSeconds === 1 && outcomeUnknown(fault),
  );
  await setImmediate();
  const waiting = assert.rejects(
    batcher.add(1),
    (fault: Fault) => fault.code === 'BUSY' && !outcomeUnknown(fault),
  );
  await Promise.all([inFlush, waiting]);
  assert.equal(batcher.depth(), 1);
  gate.resolve();
  await batcher.close();
  assert.deepEqual(flushed, [0]);
});

test('results that differ in number from the items prove nothing about any of them', async () => {
  const batcher = createBatcher<number, number>({ ...usual(), flush: async () => [done(0)] });
  const results = await Promise.allSettled([batcher.add(0), batcher.add(1)]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
});

test('after close() nothing is taken; close() resolves with an empty queue as well', async () => {
  const batcher = createBatcher<number, number>({ ...usual(), flush: async (items) => items.map(done) });
  await batcher.close();
  await batcher.close();
  await assert.rejects(batcher.add(0), (fault: Fault) => fault.code === 'BUSY');
});

function usual() {
  return { name: 'test', itemsMax: 10, concurrency: 1, timeoutMs: TIMEOUT_MS, clock: systemClock };
}

function done(value: number): BatchResult<number> {
  return { ok: true, value };
}
