// Whatever the interleaving, a subject gets exactly what its rate allows: a take is granted when in every span up to now no more
// than the burst and what that span paid for would be taken, and refused otherwise; of several demands all or none; after
// Retry-After it succeeds. K18 U14; trap "Rate limits that read, then write, leak under concurrency".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limitsWith, silentLog } from '#base';
import { createRates, type Granted, type Rate, type Rates, rateOf, type Taken } from '#rates';

const US = 1_000;

async function ratesAt(subjectsMax = 1_000) {
  const time = { ms: 12_345.678 };
  const clock = { now: () => 0, monotonic: () => time.ms };
  const limits = limitsWith({ rateSubjectsMax: subjectsMax });
  const rates = await createRates({ clock, limits, log: silentLog, redisUrl: null });
  return { rates, time };
}

/** Locally everything happens at once. */
function now<T>(value: T | Promise<T>): T {
  assert.ok(!(value instanceof Promise));
  return value;
}

function granted(taken: Taken): Granted {
  assert.ok(taken.ok);
  return taken;
}

const rate = fc
  .record({ limit: fc.integer({ min: 1, max: 12 }), windowSeconds: fc.integer({ min: 1, max: 900 }) })
  .chain((given) => fc.integer({ min: 1, max: given.limit }).map((burst) => ({ ...given, burst })));

/** The rule by its definition: every moment at which something was taken, and a look at every span that ends now. */
function createModel() {
  const takes = new Map<string, number[]>();
  return {
    fits(subject: string, { intervalUs, toleranceUs }: Rate, nowUs: number, count: number): boolean {
      const before = takes.get(subject) ?? [];
      return [...before, nowUs].every((fromUs, at) => {
        const inSpan = Math.max(before.length - at, 0) + count;
        return inSpan * intervalUs <= toleranceUs + (nowUs - fromUs);
      });
    },
    take: (subject: string, nowUs: number) => takes.set(subject, [...(takes.get(subject) ?? []), nowUs]),
  };
}

const step = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 400_000 })),
  wanted: fc.array(fc.record({ rate: fc.nat(2), subject: fc.constantFrom('a', 'b') }), {
    minLength: 1,
    maxLength: 4,
  }),
  undo: fc.boolean(),
});

test('granted exactly when every span allows it, all or none, and an undone take leaves no trace', async () => {
  const property = fc.asyncProperty(
    fc.tuple(rate, rate, rate),
    fc.array(step, { maxLength: 60 }),
    async (given, steps) => {
      const { rates, time } = await ratesAt();
      const kinds = given.map((one, at) => rateOf({ name: `r${at}`, ...one }));
      const model = createModel();
      for (const { waitMs, wanted, undo } of steps) {
        time.ms += waitMs;
        const nowUs = Math.round(time.ms * US);
        const demands = wanted.flatMap(({ rate: at, subject }) => {
          const kind = kinds[at];
          return kind === undefined ? [] : [{ rate: kind, subject }];
        });
        const counts = new Map<string, number>();
        const expected = demands.map(({ rate: kind, subject }) => {
          const name = `${kind.name} ${subject}`;
          counts.set(name, (counts.get(name) ?? 0) + 1);
          return model.fits(name, kind, nowUs, counts.get(name) ?? 0);
        });
        const before = now(rates.look(demands));
        const taken = now(rates.take(demands));
        assert.equal(taken.ok, !expected.includes(false));
        assert.equal(before.ok, taken.ok, 'a look says what a take would');
        if (!taken.ok) {
          assert.deepEqual(now(rates.look(demands)), before, 'a refusal takes nothing');
          assert.deepEqual(taken, before);
        } else if (undo) {
          void rates.giveBack(taken);
          void rates.giveBack(taken);
          assert.deepEqual(now(rates.look(demands)), before, 'given back at once, and once only');
        } else {
          for (const { rate: kind, subject } of demands) model.take(`${kind.name} ${subject}`, nowUs);
        }
      }
    },
  );
  await fc.assert(property, { seed: 20_261_125, numRuns: 1_500 });
});

test('whoever waits for Retry-After is granted', async () => {
  const property = fc.asyncProperty(
    rate,
    fc.array(fc.integer({ min: 0, max: 9_999 }), { maxLength: 20 }),
    async (given, waits) => {
      const { rates, time } = await ratesAt();
      const demand = [{ rate: rateOf({ name: 'r', ...given }), subject: 'a' }];
      for (const waitMs of waits) {
        time.ms += waitMs;
        for (let taken = now(rates.take(demand)); taken.ok; taken = now(rates.take(demand)));
        const refused = now(rates.look(demand));
        assert.ok(!refused.ok);
        assert.equal(refused.states[0]?.remaining, 0);
        assert.equal(
          refused.states[0]?.resetSeconds,
          refused.retryAfterSeconds,
          'Retry-After is not before t',
        );
        assert.ok(refused.retryAfterSeconds >= 1);
        assert.ok(refused.retryAfterSeconds <= Math.ceil(given.windowSeconds / given.limit) + 1);
        time.ms += refused.retryAfterSeconds * 1_000;
        assert.ok(now(rates.take(demand)).ok);
      }
    },
  );
  await fc.assert(property, { seed: 20_261_125, numRuns: 500 });
});

const holdStep = fc.record({
  waitMs: fc.integer({ min: 0, max: 3_000 }),
  act: fc.constantFrom('take', 'giveBack', 'keep'),
});

test('places given back late never make more than all, nor more lasting takes than the time paid for', async () => {
  const property = fc.asyncProperty(rate, fc.array(holdStep, { maxLength: 80 }), async (given, steps) => {
    const { rates, time } = await ratesAt();
    const kind = rateOf({ name: 'r', ...given });
    const demand = [{ rate: kind, subject: 'a' }];
    const startUs = Math.round(time.ms * US);
    const held: Granted[] = [];
    let kept = 0;
    for (const { waitMs, act } of steps) {
      time.ms += waitMs;
      if (act === 'take') {
        const taken = now(rates.take(demand));
        if (taken.ok) held.push(taken);
      } else {
        const one = held.shift();
        if (one !== undefined && act === 'keep') kept++;
        else if (one !== undefined) void rates.giveBack(one);
      }
      const remaining = now(rates.look(demand)).states[0]?.remaining ?? -1;
      assert.ok(remaining >= 0 && remaining <= kind.burst);
      const paidUs = Math.round(time.ms * US) - startUs;
      assert.ok(kept * kind.intervalUs <= kind.toleranceUs + paidUs);
    }
  });
  await fc.assert(property, { seed: 20_261_125, numRuns: 1_000 });
});

test('five in fifteen minutes: five at once, then one each three minutes (U14)', async () => {
  const { rates, time } = await ratesAt();
  const demand = [{ rate: rateOf({ name: 'r', limit: 5, windowSeconds: 900 }), subject: 'a' }];
  const left = [1, 2, 3, 4, 5].map(() => granted(now(rates.take(demand))).states[0]?.remaining);
  assert.deepEqual(left, [4, 3, 2, 1, 0]);
  const refused = now(rates.take(demand));
  assert.deepEqual(refused, {
    ok: false,
    by: 'r',
    retryAfterSeconds: 180,
    states: [{ name: 'r', limit: 5, windowSeconds: 900, remaining: 0, resetSeconds: 180 }],
  });
  time.ms += 179_999;
  assert.ok(!now(rates.take(demand)).ok);
  time.ms += 1;
  assert.ok(now(rates.take(demand)).ok);
  time.ms += 900_000;
  assert.equal(now(rates.look(demand)).states[0]?.remaining, 5);
});

test('the refusal names the rate that keeps it waiting longest', async () => {
  const { rates } = await ratesAt();
  const short = { rate: rateOf({ name: 'short', limit: 1, windowSeconds: 10 }), subject: 'a' };
  const long = { rate: rateOf({ name: 'long', limit: 1, windowSeconds: 60 }), subject: 'a' };
  assert.ok(now(rates.take([short, long])).ok);
  const refused = now(rates.take([long, short]));
  assert.ok(!refused.ok);
  assert.deepEqual([refused.by, refused.retryAfterSeconds], ['long', 60]);
});

test('what is under way at once: as many as fit, and who left makes room once', async () => {
  const { rates } = await ratesAt();
  const inside = Array.from({ length: 3 }, () => rates.enter('a', 3));
  assert.ok(inside.every((leave) => leave !== null));
  assert.equal(rates.enter('a', 3), null);
  assert.notEqual(rates.enter('b', 1), null);
  inside[0]?.();
  inside[0]?.();
  assert.notEqual(rates.enter('a', 3), null);
  assert.equal(rates.enter('a', 3), null);
});

test('rates that make no sense are refused where they are made', async () => {
  const sound = { name: 'r', limit: 5, windowSeconds: 60 };
  for (const wrong of [
    { name: 'a"b' },
    { name: '' },
    { limit: 0 },
    { limit: 1.5 },
    { windowSeconds: 0 },
    { windowSeconds: Number.NaN },
    { burst: 6 },
    { burst: 0 },
  ]) {
    assert.throws(() => rateOf({ ...sound, ...wrong }), TypeError, JSON.stringify(wrong));
  }
  const { rates }: { rates: Rates } = await ratesAt();
  assert.throws(() => rates.take([]), TypeError);
});
