// A transaction sees and writes the rows of its own environment and of no other; one that names none sees and writes
// nothing; the owner of the tables is bound as well; the roles of the gateway own nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fault, newId, systemClock } from '#base';
import { SCHEMA, sqlStateOf, statement } from '#store';
import { withDatabase } from '#test/database';
import {
  addNotes,
  asOwner,
  deleteNotes,
  diaryIds,
  environment,
  insertDiary,
  insertNote,
  moveNotes,
  noteIds,
} from './notes.fixture.ts';

const DENIED = '42501';
const state = statement(
  'test.state',
  `select current_user::text as role, current_setting('sallyport.environment', true) as environment`,
  String,
);
const stateRow = statement(
  'test.state_row',
  `select concat_ws('|', session_user = current_user, current_user, nullif(current_setting('sallyport.environment', true), '')) as state`,
  (row) => (typeof row === 'object' && row !== null && 'state' in row ? row.state : null),
);
const owned = statement(
  'test.owned',
  `select c.relname as id from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname like 'sallyport\\_%'
    and r.rolname <> 'sallyport_admin'`,
  String,
);
const unforced = statement(
  'test.unforced',
  `select relname as id from pg_class where relnamespace = '${SCHEMA}'::regnamespace and relkind in ('r', 'p')
    and relname <> 'schema_migrations' and not (relrowsecurity and relforcerowsecurity)`,
  (row) => (typeof row === 'object' && row !== null && 'id' in row ? row.id : null),
);

function denied(error: unknown): boolean {
  return sqlStateOf(error) === DENIED;
}

test('an environment sees its own rows only', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  await addNotes(ownerUrl);
  const [one, two] = [environment(), environment()];
  await store.transaction(one, (tx) => tx.run(insertNote, [one, 'of one']));
  await store.transaction(two, (tx) => tx.run(insertNote, [two, 'of two']));
  assert.deepEqual(await store.transaction(one, (tx) => tx.rows(noteIds, [])), ['of one']);
  assert.deepEqual(await store.transaction(two, (tx) => tx.rows(noteIds, [])), ['of two']);
  assert.deepEqual(await store.transaction(environment(), (tx) => tx.rows(noteIds, [])), []);
});

test('an environment writes its own rows only', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  await addNotes(ownerUrl);
  const [one, two] = [environment(), environment()];
  await store.transaction(two, (tx) => tx.run(insertNote, [two, 'kept']));
  await assert.rejects(
    store.transaction(one, (tx) => tx.run(insertNote, [two, 'planted'])),
    denied,
  );
  await assert.rejects(
    store.transaction(one, (tx) => tx.run(insertNote, ['', 'nobody'])),
    denied,
  );
  assert.equal(await store.transaction(one, (tx) => tx.run(deleteNotes, [])), 0);
  assert.equal(await store.transaction(one, (tx) => tx.run(moveNotes, [one])), 0);
  await store.transaction(one, (tx) => tx.run(insertNote, [one, 'mine']));
  await assert.rejects(
    store.transaction(one, (tx) => tx.run(moveNotes, [two])),
    denied,
  );
  assert.deepEqual(await store.transaction(two, (tx) => tx.rows(noteIds, [])), ['kept']);
});

test('what is not an environment id never becomes SQL', async (t) => {
  const { store } = await withDatabase(t);
  // The type admits any text behind the prefix.
  for (const hostile of [`env_'; reset role; --`, 'env_'] as const) {
    await assert.rejects(
      store.transaction(hostile, async () => undefined),
      TypeError,
    );
  }
});

test('the role across environments sees the tables that admit it, and no others', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  await addNotes(ownerUrl);
  const [one, two] = [environment(), environment()];
  for (const id of [one, two]) {
    await store.transaction(id, (tx) => tx.run(insertNote, [id, id]));
    await store.transaction(id, (tx) => tx.run(insertDiary, [id, id]));
  }
  assert.deepEqual(await store.system((tx) => tx.rows(noteIds, [])), [one, two].toSorted());
  assert.deepEqual(await store.system((tx) => tx.rows(diaryIds, [])), []);
  await assert.rejects(
    store.system((tx) => tx.run(insertDiary, [one, 'more'])),
    denied,
  );
});

test('a connection carries nothing over to the next transaction', async (t) => {
  const { store } = await withDatabase(t, { poolConnectionsMax: 2 });
  const one = environment();
  const within = () => store.system((tx) => tx.row(stateRow, []));
  const before = await within();
  await store.transaction(one, (tx) => tx.rows(state, []));
  await assert.rejects(
    store.transaction(one, () => Promise.reject(new Error('of the work'))),
    /of the work/,
  );
  assert.equal(await within(), before);
  assert.equal(before, 'f|sallyport_system');
  assert.equal(await store.transaction(one, (tx) => tx.row(stateRow, [])), `f|sallyport_runtime|${one}`);
});

test('the owner of the tables is bound as well, also when it names no environment', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  await addNotes(ownerUrl);
  const one = environment();
  await store.transaction(one, (tx) => tx.run(insertNote, [one, 'hidden']));
  await asOwner(ownerUrl, async (client) => {
    const { rows } = await client.query(
      `select rolsuper or rolbypassrls as strong from pg_roles where rolname = current_user`,
    );
    assert.equal(rows[0]?.strong, false, 'the test proves nothing with a superuser');
    assert.equal((await client.query(`select from ${SCHEMA}.notes`)).rowCount, 0);
    assert.equal((await client.query(`delete from ${SCHEMA}.notes`)).rowCount, 0);
    await assert.rejects(client.query(`insert into ${SCHEMA}.notes values ($1, 'by the owner')`, [one]));
  });
  assert.deepEqual(await store.transaction(one, (tx) => tx.rows(noteIds, [])), ['hidden']);
});

test('a pooled connection without any SET is the runtime role without an environment', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  await addNotes(ownerUrl);
  const one = environment();
  await store.transaction(one, (tx) => tx.run(insertNote, [one, 'hidden']));
  await asOwner(ownerUrl, async (client) => {
    // What `-c role=` gives at the start of a pooled connection.
    await client.query('set role sallyport_runtime');
    assert.equal((await client.query(`select from ${SCHEMA}.notes`)).rowCount, 0);
    await assert.rejects(
      client.query(`insert into ${SCHEMA}.notes values ('', 'nobody')`),
      /row-level security/,
    );
    await assert.rejects(client.query(`create table ${SCHEMA}.mine (id text)`), /permission denied/);
    await assert.rejects(
      client.query(`alter table ${SCHEMA}.notes disable row level security`),
      /must be owner/,
    );
  });
});

test('the roles of the gateway own nothing, and every table forces its policies', async (t) => {
  const { store } = await withDatabase(t);
  assert.deepEqual(await store.system((tx) => tx.rows(owned, [])), []);
  const exceptions = await store.system((tx) => tx.rows(unforced, []));
  assert.deepEqual(exceptions, []);
});

test('a fault of the store names codes and tables, never values', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  await addNotes(ownerUrl);
  const one = environment();
  const value = `sk_live_${newId('secret', systemClock)}`;
  await store.transaction(one, (tx) => tx.run(insertNote, [one, value]));
  const seen: unknown[] = [];
  for (const attempt of [
    () => store.transaction(one, (tx) => tx.run(insertNote, [one, value])),
    () => store.transaction(one, (tx) => tx.run(insertNote, [environment(), value])),
    () => store.transaction(one, (tx) => tx.rows(number, [value])),
    () => store.transaction(one, (tx) => tx.rows(unparsable, [value])),
  ]) {
    await assert.rejects(attempt(), (fault: Fault) => {
      seen.push(fault, fault.cause, fault.stack, JSON.stringify(fault), fault.detail);
      return true;
    });
  }
  const { inspect } = await import('node:util');
  const text = inspect(seen, { depth: 10, showHidden: true });
  assert.ok(!text.includes(value), 'a value is in the error');
  assert.match(text, /23505/);
});

const number = statement('test.number', 'select $1::text::int', String);
const unparsable = statement('test.unparsable', 'select $1::text as value', (row): string => {
  throw new Error(`bad row ${JSON.stringify(row)}`);
});
