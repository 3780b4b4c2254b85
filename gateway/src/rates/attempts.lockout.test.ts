// Nobody can lock the owner of a key out: not by failing under its id, from however many addresses; strangers are stopped all the same;
// and a forged webhook costs the platform's own nothing. K18 U14; trap "Lockout by account lets anyone lock out a victim".
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { type Clock, type KeyId, limitsWith, silentLog, systemClock } from '#base';
import { type Attempts, createAttempts, createRates } from '#rates';
import { SERVER, startTestServer, WITHOUT_SERVER } from './redis-server.fixture.ts';

const server = SERVER === null ? null : await startTestServer();
after(() => server?.remove());

const KEY: KeyId = 'key_owner';
const DAY_MS = 86_400_000;
const limits = limitsWith();

async function local() {
  const time = { ms: 1_000 };
  const clock: Clock = { now: () => 0, monotonic: () => time.ms };
  const rates = await createRates({ clock, limits, log: silentLog, redisUrl: null });
  return { attempts: createAttempts({ rates, clock, limits }), rates, clock, time };
}

async function succeed(attempts: Attempts, address: string): Promise<boolean> {
  const attempt = await attempts.begin({ address, key: KEY });
  if (attempt.ok) attempt.succeeded();
  return attempt.ok;
}

/** Strangers fail under the key's id until they are refused; how often they could. */
async function attack(attempts: Attempts): Promise<number> {
  let failures = 0;
  for (let stranger = 0; stranger < 50; stranger++) {
    const attempt = await attempts.begin({ address: `198.51.100.${stranger}`, key: KEY });
    if (!attempt.ok) continue;
    failures++;
    attempt.failed();
  }
  return failures;
}

test('strangers from fifty addresses fail five times under a key id, and its owner gets in', async () => {
  const { attempts } = await local();
  assert.ok(await succeed(attempts, 'owner'));
  assert.equal(await attack(attempts), 5);
  for (let count = 0; count < 20; count++) assert.ok(await succeed(attempts, 'owner'));
  assert.ok(
    !(await succeed(attempts, 'elsewhere')),
    'from an address where it never succeeded it has to wait',
  );
});

test("an owner's address is stopped after its own five failures, like any other", async () => {
  const { attempts } = await local();
  assert.ok(await succeed(attempts, 'owner'));
  await attack(attempts);
  for (let count = 0; count < 5; count++) {
    const attempt = await attempts.begin({ address: 'owner', key: KEY });
    assert.ok(attempt.ok);
    attempt.failed();
  }
  const refused = await attempts.begin({ address: 'owner', key: KEY });
  assert.ok(!refused.ok);
  assert.deepEqual([refused.by, refused.retryAfterSeconds], ['auth-address', 180]);
});

test('an address is remembered while the key is used from it, and for two weeks at least', async () => {
  const { attempts, time } = await local();
  for (let day = 0; day < 100; day++) {
    assert.ok(await succeed(attempts, 'owner'));
    time.ms += DAY_MS;
  }
  time.ms += 12 * DAY_MS;
  await attack(attempts);
  assert.ok(await succeed(attempts, 'owner'));
  time.ms += 40 * DAY_MS;
  await attack(attempts);
  assert.ok(!(await succeed(attempts, 'owner')), 'and then no more');
});

test('a key that was only known after its look-up is remembered as well', async () => {
  const { attempts } = await local();
  const attempt = await attempts.begin({ address: 'owner', key: null });
  assert.ok(attempt.ok);
  attempt.succeeded(KEY);
  await attack(attempts);
  assert.ok(await succeed(attempts, 'owner'));
});

/** A node that counts in Redis. */
async function onRedis(t: TestContext): Promise<Attempts> {
  const patient = limitsWith({ redisCommandTimeoutMs: 10_000 });
  const shared = { clock: systemClock, limits: patient };
  const rates = await createRates({ ...shared, log: silentLog, redisUrl: server?.url ?? null });
  t.after(() => rates.close());
  return createAttempts({ ...shared, rates });
}

test('a node that has just started knows from the others where a key succeeded', {
  skip: WITHOUT_SERVER,
}, async (t) => {
  const old = await onRedis(t);
  assert.ok(await succeed(old, 'owner'));
  assert.equal(await attack(old), 5);
  const fresh = await onRedis(t);
  assert.equal(await attack(fresh), 0);
  assert.ok(await succeed(fresh, 'owner'));
});

test('a hundred requests without authentication in fifteen minutes; webhooks that verify are not among them', async () => {
  const { attempts } = await local();
  for (let count = 0; count < 500; count++) {
    const genuine = await attempts.beginUnauthenticated({ address: 'platform' });
    assert.ok(genuine.ok);
    genuine.succeeded();
  }
  let forged = 0;
  for (let count = 0; count < 500; count++) {
    const attempt = await attempts.beginUnauthenticated({ address: 'forger' });
    if (!attempt.ok) continue;
    forged++;
    attempt.failed();
  }
  assert.equal(forged, 100);
  assert.ok((await attempts.beginUnauthenticated({ address: 'platform' })).ok);
  assert.ok((await attempts.begin({ address: 'forger', key: null })).ok, 'a credential is another matter');
});
