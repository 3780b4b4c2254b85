// A Postgres that hangs closes no connection and answers nothing. The store notices, refuses whoever waits and whoever asks, and comes
// back by itself; one that is merely slow, or lost on one connection of several, is not taken for it. U11; invariants 3 and 7.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, type Limits, limitsWith, silentLog, systemClock } from '#base';
import { createStore, outcomeUnknown, type Store } from '#store';
import { withBreakableLine } from '#test/breakable-line';
import { withDatabase } from '#test/database';
import { asOwner, backend, environment, sleep } from './notes.fixture.ts';

const SILENT_MS = 1_000;
const MARGIN_MS = 4_000;

/** A store that follows the feed, as that of a gateway does, over a line that can fall silent. */
async function withLine(t: TestContext, limits: Partial<Limits> = {}) {
  const { url, ownerUrl } = await withDatabase(t);
  const line = await withBreakableLine(t, url);
  const store = await createStore({
    url: line.url,
    limits: limitsWith({ databaseSilentMs: SILENT_MS, ...limits }),
    log: silentLog,
    clock: systemClock,
  });
  t.after(() => store.close());
  store.changes.follow(() => undefined);
  while (!store.changes.isFresh()) await delay(5);
  return { line, ownerUrl, store };
}

const ask = (store: Store) => store.transaction(environment(), (tx) => tx.row(backend, []));
const isAway = (fault: Fault): boolean =>
  fault.code === 'STORE_UNAVAILABLE' && fault.status === 503 && fault.retryAfterSeconds !== null;

test('who waits for a Postgres that hangs is refused in bounded time: for an answer, for a connection, for a place', async (t) => {
  const { line, store } = await withLine(t, { poolConnectionsMax: 3 });
  await ask(store);
  line.cut();
  const from = performance.now();
  const refused = await Promise.allSettled(Array.from({ length: 50 }, () => ask(store)));
  assert.ok(performance.now() - from < SILENT_MS + MARGIN_MS);
  for (const attempt of refused) assert.ok(attempt.status === 'rejected' && isAway(attempt.reason));
});

test('a COMMIT that a Postgres that hangs left without an answer is of unknown outcome', async (t) => {
  const { line, store } = await withLine(t);
  const attempt = store.transaction(environment(), async (tx) => {
    await tx.row(backend, []);
    line.cut();
  });
  await assert.rejects(attempt, (fault: Fault) => isAway(fault) && outcomeUnknown(fault));
});

test('while it hangs everybody is refused at once; when it is back it is used within seconds', async (t) => {
  const { line, store } = await withLine(t);
  line.cut();
  await assert.rejects(ask(store), isAway);
  const from = performance.now();
  for (let number = 0; number < 1_000; number += 1) await assert.rejects(ask(store), isAway);
  assert.ok(performance.now() - from < MARGIN_MS, 'each was waited for');
  line.mend();
  const until = performance.now() + 5_000 + MARGIN_MS; // a connection that was being made, and the next
  for (;;) {
    const isBack = await ask(store).then(
      () => true,
      () => false,
    );
    if (isBack) break;
    assert.ok(performance.now() < until, 'it is not used again');
    await delay(20);
  }
});

test('a statement that takes its time is left alone', async (t) => {
  const { store } = await withLine(t);
  await store.transaction(environment(), (tx) => tx.run(sleep, [2.5 * (SILENT_MS / 1_000)]));
});

test('one connection that is lost without a word ends no other', async (t) => {
  const { line, store } = await withLine(t);
  line.cut('sallyport_changes'); // the feed's
  const until = performance.now() + 3 * SILENT_MS;
  while (performance.now() < until) assert.ok(await ask(store));
  while (!store.changes.isFresh()) await delay(20);
});

test('a Postgres that hangs while the feed waits for it is found out, whoever else was answered in the meantime', async (t) => {
  const { line, store } = await withLine(t);
  line.cut('sallyport_changes'); // the feed asks, and gets no answer
  const until = performance.now() + SILENT_MS / 2;
  while (performance.now() < until) assert.ok(await ask(store));
  line.cut();
  const from = performance.now();
  await assert.rejects(ask(store), isAway);
  assert.ok(performance.now() - from < SILENT_MS + MARGIN_MS);
});

test('trimming the feed may wait for a lock: that is no Postgres that hangs', async (t) => {
  const { ownerUrl, store } = await withLine(t);
  await asOwner(ownerUrl, async (holder) => {
    await holder.query('begin');
    await holder.query('lock table sallyport.changes in share mode');
    await asOwner(ownerUrl, async (owner) => {
      const isTrimming = async (): Promise<boolean> => {
        await owner.query('notify sallyport_changes'); // so that the feed looks, until it trims
        const { rows } = await owner.query(
          `select from pg_locks where not granted and relation = 'sallyport.changes'::regclass`,
        );
        return rows.length > 0;
      };
      while (!(await isTrimming()));
    });
    await store.transaction(environment(), (tx) => tx.run(sleep, [2.5 * (SILENT_MS / 1_000)]));
    await holder.query('rollback');
  });
  while (!store.changes.isFresh()) await delay(20);
});

test('who waits for a lock is refused as well, and who holds one is told that it is lost', async (t) => {
  const { line, store } = await withLine(t, { poolWaitTimeoutMs: 30_000 });
  let isHeld = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const holding = store.withLock('test.held', async ({ lost }) => {
    const isLost = once(lost, 'abort');
    isHeld();
    await isLost;
  });
  await held;
  line.cut();
  const from = performance.now();
  await assert.rejects(
    store.withLock('test.asked', async () => undefined),
    isAway,
  );
  await holding;
  assert.ok(performance.now() - from < SILENT_MS + MARGIN_MS);
});

test('closing does not wait for a Postgres that hangs', async (t) => {
  const { line, store } = await withLine(t);
  await ask(store);
  line.cut();
  const underWay = assert.rejects(ask(store), isAway);
  const from = performance.now();
  await store.close();
  await underWay;
  assert.ok(performance.now() - from < 4_000 + MARGIN_MS);
});
