// The store survives the loss of its connections without help: idle ones, lent ones, the one that listens. Too much
// work is refused in bounded time; a lock is held by one, and ends with its holder.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Fault, limitsWith, openSecretText, Secret, silentLog, systemClock } from '#base';
import { createStore, migrate, removeEmbedded, startEmbedded, storeMigrations } from '#store';
import { withDatabase, withEmptyDatabase } from '#test/database';
import { backend, environment, notify, sleep, terminateOthers } from './notes.fixture.ts';

test('idle connections that the server closes are replaced', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  const one = environment();
  const before = await store.transaction(one, (tx) => tx.row(backend, []));
  assert.ok((await terminateOthers(ownerUrl)) > 0);
  await assert.doesNotReject(async () => {
    // The news of the loss may arrive with the first use.
    const after = await store
      .transaction(one, (tx) => tx.row(backend, []))
      .catch(() => store.transaction(one, (tx) => tx.row(backend, [])));
    assert.notEqual(after, before);
  });
});

test('a lent connection that is lost fails its own transaction alone', async (t) => {
  const { store, ownerUrl } = await withDatabase(t, { poolConnectionsMax: 3 });
  const one = environment();
  const started = Promise.withResolvers<void>();
  const hanging = store.transaction(one, async (tx) => {
    await tx.row(backend, []);
    started.resolve();
    await tx.run(sleep, [60]);
  });
  const failed = assert.rejects(
    hanging,
    (fault: Fault) => fault.code === 'STORE_UNAVAILABLE' && fault.retryAfterSeconds === 1,
  );
  await started.promise;
  await terminateOthers(ownerUrl);
  await failed;
  assert.ok(await store.transaction(one, (tx) => tx.row(backend, [])));
});

test('work beyond the pool waits for a limited time, then BUSY; the pool is whole afterwards', async (t) => {
  const { store } = await withDatabase(t, { poolConnectionsMax: 2, poolWaitTimeoutMs: 1_000 });
  const one = environment();
  /** Holds both places at the same time, until it is released. */
  const holdAll = async (): Promise<() => Promise<unknown>> => {
    const release = Promise.withResolvers<void>();
    const held = [1, 2].map(() => Promise.withResolvers<void>());
    const holders = held.map(({ resolve }) =>
      store.transaction(one, () => {
        resolve();
        return release.promise;
      }),
    );
    await Promise.race([Promise.all(held.map(({ promise }) => promise)), Promise.all(holders)]);
    return () => {
      release.resolve();
      return Promise.all(holders);
    };
  };
  const release = await holdAll();
  await assert.rejects(
    store.transaction(one, async () => undefined),
    (fault: Fault) => fault.code === 'BUSY' && fault.retryAfterSeconds === 1,
  );
  await release();
  await (await holdAll())();
});

test('a server that is not there is STORE_UNAVAILABLE, and used again when it is back', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-restart-'));
  let server = await startEmbedded({ directory, log: silentLog });
  await migrate({ url: server.url, migrations: storeMigrations, log: silentLog });
  const store = await createStore({
    url: server.url,
    limits: limitsWith(),
    log: silentLog,
    clock: systemClock,
  });
  t.after(async () => {
    await store.close();
    await server.stop();
    await removeEmbedded({ directory, log: silentLog });
  });
  const heard = Promise.withResolvers<string>();
  store.listen('restart', heard.resolve);
  const one = environment();
  await store.transaction(one, (tx) => tx.row(backend, []));
  await server.stop();
  await assert.rejects(
    store.health(),
    (fault: Fault) => fault.code === 'STORE_UNAVAILABLE' && fault.retryAfterSeconds !== null,
  );
  server = await startEmbedded({ directory, log: silentLog });
  assert.ok((await store.health()).version > 0);
  const timer = setInterval(
    () => void store.system((tx) => tx.run(notify, ['restart', 'back'])).catch(() => undefined),
    20,
  );
  assert.equal(await heard.promise, 'back');
  clearInterval(timer);
});

test('LISTEN survives a terminated backend', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  let heard = Promise.withResolvers<string>();
  const stop = store.listen('news', (payload) => heard.resolve(payload));
  for (const payload of ['first', 'after the loss']) {
    heard = Promise.withResolvers<string>();
    // A notice is lost while nobody listens, so it is sent until it arrives.
    const timer = setInterval(
      () => void store.system((tx) => tx.run(notify, ['news', payload])).catch(() => undefined),
      20,
    );
    assert.equal(await heard.promise, payload);
    clearInterval(timer);
    await terminateOthers(ownerUrl);
  }
  stop();
});

test('a lock is held by one session of all, and free again afterwards', async (t) => {
  const { store, url, limits } = await withDatabase(t);
  const other = await createStore({ url, limits, log: silentLog, clock: systemClock });
  t.after(() => other.close());
  const result = await store.withLock('sequencer', async () => {
    assert.equal(await other.withLock('sequencer', async () => 'twice'), null);
    assert.equal(await other.withLock('another', async () => 'of its own'), 'of its own');
    return 'held';
  });
  assert.equal(result, 'held');
  for (;;) {
    // The server frees it when it has seen the end of the connection.
    if ((await other.withLock('sequencer', async () => 'next')) === 'next') break;
  }
});

test('the holder of a lock hears that it is lost', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  await store.withLock('sequencer', async ({ lost }) => {
    await terminateOthers(ownerUrl);
    if (!lost.aborted) await once(lost, 'abort');
    assert.ok(lost.aborted);
  });
});

test('a database that is not migrated, or not there, or not allowed, is DATABASE_UNSUITABLE and says what to do', async (t) => {
  const url = await withEmptyDatabase(t);
  const open = (address: Secret) =>
    createStore({ url: address, limits: limitsWith(), log: silentLog, clock: systemClock });
  const changed = (change: (address: URL) => void): Secret => {
    const address = new URL(openSecretText(url));
    change(address);
    return Secret.fromText(address.href);
  };
  const cases: [Secret, RegExp][] = [
    [changed((address) => (address.pathname = '/nowhere')), /no database of that name/],
    [changed((address) => (address.password = 'wrong')), /refused the password/],
    [url, /not migrated/],
  ];
  for (const [address, detail] of cases) {
    await assert.rejects(
      open(address),
      (fault: Fault) => fault.code === 'DATABASE_UNSUITABLE' && detail.test(fault.detail),
    );
  }
});
