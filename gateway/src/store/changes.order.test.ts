// Whoever remembers something forgets it once it was changed anywhere, and trusts nothing that the feed can't vouch for.
// Invariant 8; Q16 K24; traps "Revocation races with a cache fill", "When the change feed has been silent too long, ask the database".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, limitsWith, type Secret, silentLog } from '#base';
import { createStore, EVERYTHING, type Store } from '#store';
import { withBreakableLine } from '#test/breakable-line';
import { type Cleanup, withDatabase } from '#test/database';
import { asOwner, environment, terminateOthers } from './notes.fixture.ts';

const KEPT = 10_000;

/** Time that moves when the test says so. */
function testClock(): Clock & { forward(ms: number): void } {
  let aheadMs = 0;
  return {
    now: () => Date.now() + aheadMs,
    monotonic: () => performance.now() + aheadMs,
    forward: (ms) => void (aheadMs += ms),
  };
}

async function openStore(t: Cleanup, given: { url: Secret; clock?: Clock }): Promise<Store> {
  const store = await createStore({ limits: limitsWith(), log: silentLog, clock: testClock(), ...given });
  t.after(() => store.close());
  return store;
}

/** What is heard, and a way to wait for it. */
function hearing(store: Store) {
  const heard: string[] = [];
  let look = (): void => undefined;
  store.changes.follow((subject) => {
    heard.push(subject);
    look();
  });
  const until = (wanted: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      look = () => void (wanted() && resolve());
      look();
    });
  return { heard, until };
}

function announce(store: Store, subject: string): Promise<void> {
  const one = environment();
  return store.transaction(one, (tx) => store.changes.announce(tx, one, subject));
}

test('every node hears every change in the order of the commits, its own included', async (t) => {
  const { url } = await withDatabase(t);
  const stores = [await openStore(t, { url }), await openStore(t, { url }), await openStore(t, { url })];
  const ears = stores.map(hearing);
  await Promise.all(ears.map(({ heard, until }) => until(() => heard.includes(EVERYTHING))));
  const subjects = Array.from({ length: 60 }, (_, at) => `key:${at}`);
  // All at once and over several nodes: some begin before others that end first.
  await Promise.all(subjects.map((subject, at) => announce(stores[at % 3] ?? assert.fail(), subject)));
  await Promise.all(ears.map(({ heard, until }) => until(() => heard.length === 61)));
  const [first] = ears;
  for (const { heard } of ears) {
    assert.deepEqual(heard, first?.heard);
    assert.deepEqual(heard.slice(1).toSorted(), subjects.toSorted());
  }
});

test('a change that commits late is not lost behind one that commits early', async (t) => {
  const { url } = await withDatabase(t);
  const [store, other] = [await openStore(t, { url }), await openStore(t, { url })];
  const { heard, until } = hearing(other);
  await until(() => heard.includes(EVERYTHING));
  const release = Promise.withResolvers<void>();
  const announced = Promise.withResolvers<void>();
  const one = environment();
  const late = store.transaction(one, async (tx) => {
    await store.changes.announce(tx, one, 'key:late');
    announced.resolve();
    await release.promise;
  });
  await announced.promise;
  const early = announce(store, 'key:early'); // waits for the one before it
  release.resolve();
  await Promise.all([late, early]);
  await until(() => heard.length === 3);
  assert.deepEqual(heard, [EVERYTHING, 'key:late', 'key:early']);
});

test('what is rolled back is never heard', async (t) => {
  const { url } = await withDatabase(t);
  const store = await openStore(t, { url });
  const { heard, until } = hearing(store);
  await until(() => heard.includes(EVERYTHING));
  const one = environment();
  await assert.rejects(
    store.transaction(one, async (tx) => {
      await store.changes.announce(tx, one, 'key:undone');
      throw new RangeError('on purpose');
    }),
  );
  await announce(store, 'key:done');
  await until(() => heard.length === 2);
  assert.deepEqual(heard, [EVERYTHING, 'key:done']);
});

test('Q16 with the feed cut nothing is trusted beyond changesSilentMs; what was missed is heard afterwards', async (t) => {
  const { url } = await withDatabase(t);
  const line = await withBreakableLine(t, url);
  const clock = testClock();
  const [store, cutOff] = [await openStore(t, { url }), await openStore(t, { url: line.url, clock })];
  const { heard, until } = hearing(cutOff);
  assert.equal(cutOff.changes.isFresh(), false, 'nothing was heard yet');
  await until(() => heard.includes(EVERYTHING));
  assert.equal(cutOff.changes.isFresh(), true);
  line.cut();
  clock.forward(limitsWith().changesSilentMs);
  assert.equal(cutOff.changes.isFresh(), false);
  await announce(store, 'key:missed');
  line.mend();
  await until(() => heard.includes('key:missed'));
  assert.equal(cutOff.changes.isFresh(), true);
});

test('Q16 a connection that the server ends is made again, and nothing is missed meanwhile', async (t) => {
  const { url, ownerUrl } = await withDatabase(t);
  const store = await openStore(t, { url });
  const { heard, until } = hearing(store);
  await until(() => heard.includes(EVERYTHING));
  await terminateOthers(ownerUrl);
  await announce(store, 'key:one').catch(() => announce(store, 'key:one'));
  await until(() => heard.includes('key:one'));
});

test('a node that missed more than is kept forgets everything', async (t) => {
  const { url, ownerUrl } = await withDatabase(t);
  const store = await openStore(t, { url });
  const { heard, until } = hearing(store);
  await until(() => heard.length === 1);
  await asOwner(ownerUrl, (client) =>
    client.query(`select setval('sallyport.changes_version', ${KEPT + 100})`),
  );
  await announce(store, 'key:far');
  await until(() => heard.length === 2);
  assert.deepEqual(heard, [EVERYTHING, EVERYTHING]);
  await announce(store, 'key:near');
  await until(() => heard.length === 3);
  assert.equal(heard.at(-1), 'key:near');
});

test('K4 a node whose database was set back, as by a restore, forgets everything and hears what comes', async (t) => {
  const { url, ownerUrl } = await withDatabase(t);
  const store = await openStore(t, { url });
  const { heard, until } = hearing(store);
  await until(() => heard.length === 1);
  for (const subject of ['key:1', 'key:2', 'key:3']) await announce(store, subject);
  await until(() => heard.length === 4);
  await asOwner(ownerUrl, async (client) => {
    await client.query('alter table sallyport.changes no force row level security');
    await client.query('delete from sallyport.changes');
    await client.query('alter table sallyport.changes force row level security');
    await client.query(`select setval('sallyport.changes_version', 1)`);
  });
  await terminateOthers(ownerUrl);
  await until(() => heard.length === 5);
  assert.equal(heard.at(-1), EVERYTHING);
  await announce(store, 'key:after').catch(() => announce(store, 'key:after'));
  await until(() => heard.length === 6);
  assert.equal(heard.at(-1), 'key:after');
});
