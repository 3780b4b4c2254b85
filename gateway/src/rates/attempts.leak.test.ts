// However many attempts are made at once, and however they interleave, no more fail than the limit; what succeeds or stays undecided
// counts for nothing; and nobody is refused because of places that attempts under way give back. K18 U14; invariant 7; trap "Rate
// limits that read, then write, leak under concurrency".
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { type Clock, type KeyId, type Limits, limitsWith, silentLog, systemClock } from '#base';
import { type Attempts, createAttempts, createRates, type Permit } from '#rates';
import { SERVER, startTestServer, WITHOUT_SERVER } from './redis-server.fixture.ts';

const server = SERVER === null ? null : await startTestServer();
after(() => server?.remove());

const key = (name: string): KeyId => `key_${name}`;

async function local(overrides: Partial<Limits> = {}) {
  const time = { ms: 1_000 };
  const clock: Clock = { now: () => 0, monotonic: () => time.ms };
  const limits = limitsWith(overrides);
  const rates = await createRates({ clock, limits, log: silentLog, redisUrl: null });
  return { attempts: createAttempts({ rates, clock, limits }), rates, time };
}

async function onRedis(t: TestContext, overrides: Partial<Limits> = {}): Promise<Attempts> {
  const limits = limitsWith({ redisCommandTimeoutMs: 10_000, ...overrides });
  const shared = { clock: systemClock, limits };
  const rates = await createRates({ ...shared, log: silentLog, redisUrl: server?.url ?? null });
  t.after(() => rates.close());
  return createAttempts({ ...shared, rates });
}

/** A thousand at once from one address: the credential is found wrong, or right, a few turns later. */
async function crowd(all: readonly Attempts[], address: string, isRight: (at: number) => boolean) {
  let wrong = 0;
  let right = 0;
  let refused = 0;
  const one = async (at: number): Promise<void> => {
    const attempts = all[at % all.length];
    assert.ok(attempts);
    const attempt = await attempts.begin({ address, key: null });
    if (!attempt.ok) {
      refused++;
      return;
    }
    for (let turns = 0; turns < at % 5; turns++) await turn();
    if (isRight(at)) {
      right++;
      attempt.succeeded();
    } else {
      wrong++;
      attempt.failed();
    }
  };
  await Promise.all(Array.from({ length: 1_000 }, (_, at) => one(at)));
  return { wrong, right, refused };
}

const wide = { authWaitingMax: 10_000, authWaitTimeoutMs: 60_000 };

test('a thousand wrong ones at once: five are tried', async () => {
  const { attempts } = await local(wide);
  assert.deepEqual(await crowd([attempts], 'a', () => false), { wrong: 5, right: 0, refused: 995 });
});

test('a thousand right ones at once: all are tried, and none counts', async () => {
  const { attempts } = await local(wide);
  assert.deepEqual(await crowd([attempts], 'a', () => true), { wrong: 0, right: 1_000, refused: 0 });
  assert.deepEqual(await crowd([attempts], 'a', () => false), { wrong: 5, right: 0, refused: 995 });
});

test('right and wrong ones mixed: five wrong ones are tried, and who is refused came after them', async () => {
  const { attempts } = await local(wide);
  const { wrong, right, refused } = await crowd([attempts], 'a', (at) => at % 100 !== 0);
  assert.equal(wrong, 5);
  assert.equal(wrong + right + refused, 1_000);
  assert.ok(right > 300, `${right}`);
});

test('the same through Redis, from two nodes', { skip: WITHOUT_SERVER }, async (t) => {
  const one = await onRedis(t);
  const all = [one, await onRedis(t)];
  assert.deepEqual(await crowd(all, 'redis-wrong', () => false), { wrong: 5, right: 0, refused: 995 });
  // A place that another node holds is not waited for, so here only one of them asks.
  assert.deepEqual(await crowd([one], 'redis-right', () => true), {
    wrong: 0,
    right: 1_000,
    refused: 0,
  });
  const { wrong } = await crowd(all, 'redis-mixed', (at) => at % 3 === 0);
  assert.ok(wrong <= 5, `${wrong}`);
});

const act = fc.record({
  do: fc.constantFrom('begin', 'begin', 'fail', 'succeed', 'undecided', 'pass'),
  address: fc.constantFrom('a', 'b', 'c'),
  key: fc.constantFrom(null, key('1'), key('2')),
  at: fc.nat(20),
});

test('any interleaving: failures stay within the limit, every attempt ends, and afterwards nothing is held', async () => {
  const property = fc.asyncProperty(fc.array(act, { maxLength: 120 }), async (acts) => {
    const { attempts, time } = await local({ authFailuresMax: 3, authFailuresWindowSeconds: 900, ...wide });
    const startMs = time.ms;
    const permits: { permit: Permit; address: string }[] = [];
    const failures = new Map<string, number>();
    let open = 0;
    const end = (at: number, how: 'failed' | 'succeeded' | 'undecided'): void => {
      const [ended] = permits.splice(at % Math.max(permits.length, 1), 1);
      if (ended === undefined) return;
      ended.permit[how]();
      ended.permit.undecided(); // only the first word counts
      if (how !== 'failed') return;
      const count = (failures.get(ended.address) ?? 0) + 1;
      failures.set(ended.address, count);
      assert.ok(count <= 3 + (time.ms - startMs + 30_000) / 300_000, `${count} failures`);
    };
    for (const { do: what, address, key: named, at } of acts) {
      if (what === 'pass') time.ms += at * 1_000;
      else if (what === 'begin') {
        open++;
        void Promise.resolve(attempts.begin({ address, key: named })).then((attempt) => {
          open--;
          if (attempt.ok) permits.push({ permit: attempt, address });
          else assert.equal(typeof attempt.retryAfterSeconds, 'number');
        });
      } else end(at, what === 'fail' ? 'failed' : what === 'succeed' ? 'succeeded' : 'undecided');
      for (let turns = 0; turns < 8; turns++) await Promise.resolve();
    }
    for (let rounds = 0; rounds < 300 && (open > 0 || permits.length > 0); rounds++) {
      end(0, 'undecided');
      for (let turns = 0; turns < 8; turns++) await Promise.resolve();
    }
    assert.equal(open, 0, 'an attempt waits although nothing is under way');
    // What is not counted leaves nothing behind: after the window each address has all its places, not waiting for any.
    time.ms += 900_000;
    for (const address of ['a', 'b', 'c']) {
      for (let count = 0; count < 3; count++) {
        const attempt = attempts.begin({ address, key: null });
        assert.ok(!(attempt instanceof Promise) && attempt.ok);
        attempt.failed();
      }
      const refused = attempts.begin({ address, key: null });
      assert.ok(!(refused instanceof Promise) && !refused.ok, 'refused at once: nobody is inside');
    }
  });
  await fc.assert(property, { seed: 20_261_125, numRuns: 1_500 });
});

test('those who wait are bounded in number, and told to come again rather than that they failed', async () => {
  const { attempts } = await local({ authFailuresMax: 1, authWaitingMax: 2, authWaitTimeoutMs: 60_000 });
  const inside = await attempts.begin({ address: 'a', key: null });
  assert.ok(inside.ok);
  const waiting = [attempts.begin({ address: 'a', key: null }), attempts.begin({ address: 'a', key: null })];
  const crowded = await attempts.begin({ address: 'a', key: null });
  assert.ok(!crowded.ok);
  assert.deepEqual([crowded.by, crowded.retryAfterSeconds], ['waiting', 1]);
  inside.succeeded();
  const [first, second] = await Promise.all([
    waiting[0],
    Promise.resolve(waiting[0]).then((attempt) => {
      assert.ok(attempt?.ok);
      attempt.failed();
      return waiting[1];
    }),
  ]);
  assert.ok(first?.ok);
  assert.ok(second && !second.ok);
  assert.equal(second.by, 'auth-address', 'the one before it failed, and nobody is inside');
});

test('those who wait are bounded in time', async () => {
  const { attempts } = await local({ authFailuresMax: 1, authWaitTimeoutMs: 10 });
  const inside = await attempts.begin({ address: 'a', key: null });
  assert.ok(inside.ok);
  const late = await attempts.begin({ address: 'a', key: null });
  assert.ok(!late.ok);
  assert.equal(late.by, 'waiting');
  inside.succeeded();
  assert.ok((await attempts.begin({ address: 'a', key: null })).ok, 'its place went to nobody');
});

test('an attempt that nobody ends counts as failed after half a minute', async () => {
  const { attempts, time } = await local({ authFailuresMax: 1 });
  const forgotten = await attempts.begin({ address: 'a', key: null });
  assert.ok(forgotten.ok);
  time.ms += 30_001;
  forgotten.succeeded();
  assert.ok(!(await attempts.begin({ address: 'a', key: null })).ok);
});

test('a place that wakes one who is blocked elsewhere goes to the next who waits for it', async () => {
  const { attempts, time } = await local({ authFailuresMax: 2, ...wide });
  const begin = async (address: string, named: KeyId | null): Promise<Permit> => {
    time.ms += 10;
    const attempt = await attempts.begin({ address, key: named });
    assert.ok(attempt.ok, JSON.stringify(attempt));
    return attempt;
  };
  const others = [await begin('a', null), await begin('a', null)];
  const inside = await begin('x', key('1'));
  const staying = await begin('y', key('1'));
  const first = attempts.begin({ address: 'a', key: key('1') }); // waits for the key, and would have to for its address
  const second = attempts.begin({ address: 'b', key: key('1') });
  inside.succeeded();
  const permit = await second;
  assert.ok(permit.ok);
  for (const other of others) other.succeeded();
  permit.failed();
  staying.failed();
  const refused = await first;
  assert.ok(!refused.ok);
  assert.equal(refused.by, 'auth-key');
});

test('who waits for an attempt that is itself refused is told so, rather than left to wait', {
  skip: WITHOUT_SERVER,
}, async (t) => {
  const attempts = await onRedis(t, { authFailuresMax: 1, ...wide });
  for (const [address, named] of [
    ['told-x', key('told')],
    ['told-a', null],
  ] as const) {
    const attempt = await attempts.begin({ address, key: named });
    assert.ok(attempt.ok);
    attempt.failed();
  }
  const refused = await Promise.all([
    attempts.begin({ address: 'told-b', key: key('told') }),
    attempts.begin({ address: 'told-a', key: key('told') }),
  ]);
  assert.deepEqual(
    refused.map((attempt) => !attempt.ok && attempt.by),
    ['auth-key', 'auth-address'],
  );
});

test('a place that is granted after its attempt gave up waiting is given back', {
  skip: WITHOUT_SERVER,
}, async (t) => {
  const attempts = await onRedis(t, { authFailuresMax: 1, authWaitTimeoutMs: 300 });
  const begin = () => attempts.begin({ address: 'late', key: null });
  const inside = await begin();
  assert.ok(inside.ok);
  const waiting = begin();
  await turn(); // asked, refused, and waiting
  await attempts.begin({ address: 'late-other', key: null });
  server?.freeze();
  inside.succeeded();
  const late = await waiting;
  assert.ok(!late.ok);
  assert.equal(late.by, 'waiting');
  server?.thaw();
  assert.ok((await begin()).ok);
});
