// Nothing older than trustMs is ever served, whatever is slow, forgotten, changed or asked at once; and it stays bounded.
// Q16; traps "Revocation races with a cache fill", "Never serve authentication from a stale entry".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMemory } from '#base';

const TRUST_MS = 500;

/** A source whose answers are as old as their questions: the worst that a database may do. */
function slowSource(values: Map<string, number>) {
  const pending: { key: string; answer: () => void; fail: () => void }[] = [];
  let asked = 0;
  const ask = (key: string): Promise<number | null> => {
    asked += 1;
    const value = values.get(key) ?? null;
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    pending.push({ key, answer: () => resolve(value), fail: () => reject(new Error('away')) });
    return promise;
  };
  return { ask, pending, count: () => asked };
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('get' as const), key: fc.constantFrom('a', 'b', 'c') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      key: fc.constantFrom('a', 'b', 'c'),
      forget: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('remove' as const), key: fc.constantFrom('a', 'b', 'c') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'fail' as const), at: fc.nat(9) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 100, 499, 500, 2_000) }),
  },
);

test('no interleaving of questions, slow answers, changes and forgetting serves what is too old', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 60 }),
    fc.constantFrom(0, 1, TRUST_MS),
    async (steps, trustMs) => {
      let now = 0;
      let version = 0;
      const values = new Map<string, number>();
      // When each value of a key was replaced, and whether the memory was told.
      const replaced = new Map<string, { atMs: number; told: boolean }>();
      const source = slowSource(values);
      const memory = createMemory<string, number>({
        ask: source.ask,
        itemsMax: 2,
        trustMs,
        clock: { now: () => now, monotonic: () => now },
      });
      const reads: Promise<void>[] = [];
      const replace = (key: string, told: boolean): void => {
        const old = values.get(key) ?? null;
        replaced.set(`${key}=${String(old)}`, { atMs: now, told });
        if (told) memory.forget(key);
      };
      for (const one of steps) {
        if (one.do === 'wait') now += one.ms;
        else if (one.do === 'set') {
          replace(one.key, one.forget);
          values.set(one.key, (version += 1));
          if (one.forget) memory.forget(one.key);
        } else if (one.do === 'remove') {
          replace(one.key, false);
          values.delete(one.key);
        } else if (one.do === 'get') {
          const { key } = one;
          const askedAtMs = now;
          const forgotten = new Map(replaced);
          const read = memory.get(key).then(
            (value) => {
              const end = forgotten.get(`${key}=${String(value)}`);
              if (end === undefined || value === null) return; // still true when it was asked for
              assert.ok(!end.told, `${key}: served after it was forgotten`);
              assert.ok(
                askedAtMs - end.atMs < Math.max(trustMs, 1),
                `${key}: ${askedAtMs - end.atMs} ms too old`,
              );
            },
            (thrown: unknown) => assert.equal(Object(thrown).message, 'away'),
          );
          reads.push(read);
        } else {
          const [taken] = source.pending.splice(one.at % Math.max(source.pending.length, 1), 1);
          taken?.[one.do]();
          await Promise.resolve();
          for (let turns = 0; turns < 5; turns++) await Promise.resolve();
        }
      }
      for (const { answer } of source.pending) answer();
      await Promise.all(reads);
    },
  );
  await fc.assert(property, { seed: 20_261_123, numRuns: 3_000 });
});

function withMemory(overrides: { itemsMax?: number; trustMs?: number } = {}) {
  let now = 0;
  const values = new Map([['a', 1]]);
  const source = slowSource(values);
  const clock = { now: () => now, monotonic: () => now };
  const memory = createMemory<string, number>({
    ask: source.ask,
    itemsMax: 10,
    trustMs: TRUST_MS,
    clock,
    ...overrides,
  });
  const answerAll = async (): Promise<void> => {
    for (const { answer } of source.pending.splice(0)) answer();
    for (let turns = 0; turns < 5; turns++) await Promise.resolve();
  };
  return { memory, values, source, answerAll, wait: (ms: number) => void (now += ms) };
}

test('who asks at once shares one question; who asks once it is too old puts another', async () => {
  const { memory, source, answerAll, wait, values } = withMemory();
  const first = [memory.get('a'), memory.get('a'), memory.get('a')];
  assert.equal(source.count(), 1);
  wait(TRUST_MS - 1);
  first.push(memory.get('a'));
  assert.equal(source.count(), 1);
  wait(1);
  values.set('a', 2); // revoked while the first question hangs
  const second = memory.get('a');
  assert.equal(source.count(), 2);
  await answerAll();
  assert.deepEqual(await Promise.all(first), [1, 1, 1, 1]);
  assert.equal(await second, 2);
  assert.equal(await memory.get('a'), 2, 'and the late first answer is not kept');
});

test('an answer counts from its question: one that took too long is given once and not kept', async () => {
  const { memory, source, answerAll, wait } = withMemory();
  const slow = memory.get('a');
  wait(TRUST_MS);
  await answerAll();
  assert.equal(await slow, 1);
  void memory.get('a');
  assert.equal(source.count(), 2);
});

test('forgetting during a flight: the answer of the flight is not kept', async () => {
  const { memory, source, answerAll, values } = withMemory();
  const early = memory.get('a');
  values.set('a', 2);
  memory.forget('a');
  const late = memory.get('a');
  await answerAll();
  assert.deepEqual([await early, await late, await memory.get('a')], [1, 2, 2]);
  assert.equal(source.count(), 2);
});

test('a failure is given to those who wait for it and remembered by nobody', async () => {
  const { memory, source, answerAll } = withMemory();
  const waiting = [memory.get('a'), memory.get('a')];
  source.pending.splice(0).forEach(({ fail }) => fail());
  for (const one of waiting) await assert.rejects(one, /away/);
  const again = memory.get('a');
  await answerAll();
  assert.equal(await again, 1);
});

test('what is not there is not remembered, and a flood of it pushes nothing out', async () => {
  const { memory, source, answerAll } = withMemory({ itemsMax: 1 });
  void memory.get('a');
  await answerAll();
  const none = Array.from({ length: 100 }, (_, at) => memory.get(`none ${at}`));
  await answerAll();
  assert.ok((await Promise.all(none)).every((value) => value === null));
  const before = source.count();
  assert.equal(await memory.get('a'), 1);
  assert.equal(source.count(), before);
});

test('no more than itemsMax are kept; the one asked for longest ago goes', async () => {
  const { memory, source, answerAll, values } = withMemory({ itemsMax: 2 });
  for (const key of ['a', 'b', 'c']) {
    values.set(key, 7);
    void memory.get(key);
    await answerAll();
  }
  const before = source.count();
  await Promise.all([memory.get('b'), memory.get('c')]);
  assert.equal(source.count(), before);
  void memory.get('a');
  assert.equal(source.count(), before + 1);
});
