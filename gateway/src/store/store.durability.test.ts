// A transaction that resolved is committed; one that threw left nothing behind, or says that nobody knows; no statement
// runs outside its transaction.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type Fault,
  limitsWith,
  openSecretText,
  Secret,
  silentLog,
  systemClock,
  type Transaction,
} from '#base';
import { createStore, outcomeUnknown, sqlStateOf, statement } from '#store';
import { withDatabase } from '#test/database';
import { addNotes, environment, insertNote, noteIds, sleep, terminateOthers } from './notes.fixture.ts';

const values = statement('test.values', 'select $1::text as value', String);
const documents = statement('test.documents', 'select $1::jsonb::text as value', String);
const lockNote = statement('test.notes.lock', 'select id from notes where id = $1 for update', String);

async function withNotes(t: TestContext) {
  const database = await withDatabase(t);
  await addNotes(database.ownerUrl);
  return database;
}

test('work that throws leaves nothing behind, and its error comes out unchanged', async (t) => {
  const { store } = await withNotes(t);
  const one = environment();
  const error = new Error('of the work');
  const attempt = store.transaction(one, async (tx) => {
    await tx.run(insertNote, [one, 'gone']);
    throw error;
  });
  await assert.rejects(attempt, (thrown) => thrown === error);
  assert.deepEqual(await store.transaction(one, (tx) => tx.rows(noteIds, [])), []);
});

test('work that swallows the failure of a statement is not told that it is committed', async (t) => {
  const { store } = await withNotes(t);
  const one = environment();
  const attempt = store.transaction(one, async (tx) => {
    await tx.run(insertNote, [one, 'first']);
    await tx.run(insertNote, [one, 'first']).catch(() => undefined);
    return 'done';
  });
  await assert.rejects(attempt, (fault) => sqlStateOf(fault) === '23505' && !outcomeUnknown(fault));
  assert.deepEqual(await store.transaction(one, (tx) => tx.rows(noteIds, [])), []);
});

test('a statement that nobody awaits is part of the transaction, and its failure ends neither process nor silence', async (t) => {
  const { store } = await withNotes(t);
  const one = environment();
  await store.transaction(one, async (tx) => {
    void tx.run(insertNote, [one, 'forgotten']);
  });
  assert.deepEqual(await store.transaction(one, (tx) => tx.rows(noteIds, [])), ['forgotten']);
  const attempt = store.transaction(one, async (tx) => {
    void tx.run(insertNote, [one, 'forgotten']);
  });
  await assert.rejects(attempt, (fault) => sqlStateOf(fault) === '23505');
});

test('no statement runs after the end of its transaction', async (t) => {
  const { store } = await withNotes(t);
  const one = environment();
  const kept: Transaction[] = [];
  await store.transaction(one, async (tx) => void kept.push(tx));
  await assert.rejects(store.transaction(one, (tx) => Promise.reject(void kept.push(tx))));
  for (const tx of kept) await assert.rejects(tx.run(insertNote, [one, 'late']), TypeError);
  assert.deepEqual(await store.transaction(one, (tx) => tx.rows(noteIds, [])), []);
});

test('a COMMIT without an answer is an unknown outcome, and says so', async (t) => {
  const { store, url } = await withNotes(t);
  const one = environment();
  const cut = await openCut(t, url);
  const cutStore = await createStore({ url: cut, limits: limitsWith(), log: silentLog, clock: systemClock });
  t.after(() => cutStore.close());
  const attempt = cutStore.transaction(one, (tx) => tx.run(insertNote, [one, 'who knows']));
  await assert.rejects(attempt, (fault: Fault) => {
    assert.equal(fault.code, 'STORE_UNAVAILABLE');
    assert.equal(fault.retryAfterSeconds, 1);
    assert.ok(fault.cause instanceof Error);
    return outcomeUnknown(fault);
  });
  // It is there: the answer was lost, not the commit. That is why nobody may call it failed.
  for (;;) {
    const ids = await store.transaction(one, (tx) => tx.rows(noteIds, []));
    if (ids.length === 1) break;
  }
});

test('a connection lost before the COMMIT is a known outcome', async (t) => {
  const { store, ownerUrl } = await withNotes(t);
  const one = environment();
  const attempt = store.transaction(one, async (tx) => {
    await tx.run(insertNote, [one, 'gone']);
    await terminateOthers(ownerUrl);
    await tx.rows(noteIds, []);
  });
  await assert.rejects(
    attempt,
    (fault: Fault) => fault.code === 'STORE_UNAVAILABLE' && !outcomeUnknown(fault),
  );
  assert.deepEqual(await store.transaction(one, (tx) => tx.rows(noteIds, [])), []);
});

test('repeatable work is repeated after a deadlock; other work is not', async (t) => {
  const { store } = await withNotes(t);
  const one = environment();
  await store.transaction(one, (tx) => Promise.all(['a', 'b'].map((id) => tx.run(insertNote, [one, id]))));
  for (const repeatable of [true, false]) {
    let runs = 0;
    const both = Promise.withResolvers<void>();
    let holding = 0;
    const take = (first: string, second: string) =>
      store.transaction(
        one,
        async (tx) => {
          runs += 1;
          await tx.rows(lockNote, [first]);
          holding += 1;
          if (holding === 2) both.resolve();
          await both.promise;
          await tx.rows(lockNote, [second]);
        },
        { repeatable },
      );
    const results = await Promise.allSettled([take('a', 'b'), take('b', 'a')]);
    assert.ok(repeatable ? runs > 2 : runs === 2);
    assert.equal(results.filter(({ status }) => status === 'rejected').length, repeatable ? 0 : 1);
  }
});

test('a statement that takes too long ends with a fault, and the next one runs', async (t) => {
  const { store } = await withDatabase(t, { statementTimeoutMs: 100 });
  const one = environment();
  await assert.rejects(
    store.transaction(one, (tx) => tx.run(sleep, [60])),
    (fault: Fault) => fault.code === 'STORE_UNAVAILABLE' && sqlStateOf(fault) === '57014',
  );
  assert.deepEqual((await store.transaction(one, (tx) => tx.rows(values, ['x']))).length, 1);
});

test('values that the driver would store as something else are refused', async (t) => {
  const { store } = await withDatabase(t);
  const one = environment();
  const refused = [
    undefined,
    Secret.fromText('hidden'),
    { a: 1 },
    Number.NaN,
    new Date(Number.NaN),
    [['nested']],
    () => 1,
  ];
  for (const value of refused) {
    await assert.rejects(
      store.transaction(one, (tx) => tx.rows(values, [value])),
      TypeError,
    );
  }
  for (const value of ['a\0b', 'half \ud800 a pair']) {
    await assert.rejects(
      store.transaction(one, (tx) => tx.rows(values, [value])),
      (fault: Fault) => fault.code === 'INVALID_REQUEST',
    );
  }
  // JSON comes as text, in which they are escaped: there Postgres says it.
  await assert.rejects(
    store.transaction(one, (tx) => tx.rows(documents, [JSON.stringify({ a: '\0' })])),
    (fault: Fault) => fault.code === 'INVALID_REQUEST',
  );
});

test('statement names are unique, and a statement is one statement', () => {
  assert.throws(() => statement('test.values', 'select 1', String), /twice/);
  assert.throws(() => statement('test.two', 'select 1; select 2', String), /one statement/);
  assert.throws(() => statement(`test.${'x'.repeat(60)}`, 'select 1', String), /at most 62/);
});

/** An address of the same database that passes every byte on until a COMMIT, then none back. */
async function openCut(t: TestContext, url: Secret): Promise<Secret> {
  const target = new URL(openSecretText(url));
  const place = `${target.searchParams.get('host')}/.s.PGSQL.5432`;
  const directory = await mkdtemp(join(tmpdir(), 'cut-'));
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(place);
    sockets.add(near).add(far);
    let cut = false;
    near.on('data', (chunk) => {
      cut ||= chunk.includes('commit') && !chunk.includes('synchronous_commit');
      far.write(chunk);
      if (cut) near.destroy();
    });
    far.on('data', (chunk) => cut || near.write(chunk));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('end', () => cut || other.end());
    }
  });
  await new Promise<void>((resolve) => server.listen(join(directory, '.s.PGSQL.5432'), resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(directory, { recursive: true });
  });
  target.searchParams.set('host', directory);
  return Secret.fromText(target.href);
}
