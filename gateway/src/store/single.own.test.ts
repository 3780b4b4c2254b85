// A statement that is written alone is a transaction like any other: of its own environment only, whole or not at all, leaving
// nothing behind on its connection; what its fault says of the outcome is true.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentId } from '#base';
import { outcomeUnknown, sqlStateOf, statement } from '#store';
import { withDatabase } from '#test/database';
import { addNotes, asOwner, deleteNotes, environment, insertNote, noteIds, sleep } from './notes.fixture.ts';

const left = statement(
  'test.left_behind',
  `select concat_ws('|', current_user, nullif(current_setting('sallyport.environment', true), '')) as state`,
  (row) => (typeof row === 'object' && row !== null && 'state' in row ? row.state : null),
);
const twice = statement(
  'test.notes.insert_then_fail',
  `insert into notes (environment_id, id) select $1, id from unnest($2::text[]) as t (id)`,
  String,
);
const ASLEEP = `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and state = 'active' and query like '%pg_sleep($1)%'`;

test('a statement alone', async (t) => {
  // One connection, so that whatever one leaves behind the next one meets.
  const { store, ownerUrl } = await withDatabase(t, { poolConnectionsMax: 1 });
  await addNotes(ownerUrl);
  const [one, two] = [environment(), environment()];
  const idsOf = (of: EnvironmentId): Promise<string[]> => store.transaction(of, (tx) => tx.rows(noteIds, []));

  await t.test('is durable when it resolves, and says how many rows it touched', async () => {
    assert.equal(await store.write(one, insertNote, [one, 'a']), 1);
    assert.equal(await store.write(one, twice, [one, ['b', 'c']]), 2);
    assert.deepEqual(await idsOf(one), ['a', 'b', 'c']);
  });

  await t.test('sees and writes its own environment only', async () => {
    await assert.rejects(
      store.write(two, insertNote, [one, 'planted']),
      (fault) => sqlStateOf(fault) === '42501',
    );
    assert.equal(await store.write(two, deleteNotes, []), 0);
    assert.deepEqual(await idsOf(one), ['a', 'b', 'c']);
  });

  await t.test('leaves neither role nor environment on its connection', async () => {
    await store.write(one, insertNote, [one, 'd']);
    assert.equal(await store.system((tx) => tx.row(left, [])), 'sallyport_system');
    assert.deepEqual(await idsOf(two), []);
  });

  await t.test('fails whole, and nothing happened; the store goes on', async () => {
    await assert.rejects(
      store.write(one, twice, [one, ['e', 'a']]),
      (fault) => sqlStateOf(fault) === '23505' && !outcomeUnknown(fault),
    );
    assert.deepEqual(await idsOf(one), ['a', 'b', 'c', 'd']);
    assert.equal(await store.write(one, twice, [one, ['e']]), 1);
  });

  await t.test('whose connection ends before its answer has an outcome that nobody knows', async () => {
    const ended = assert.rejects(store.write(one, sleep, [60]), outcomeUnknown);
    await asOwner(ownerUrl, async (client) => {
      while (((await client.query(ASLEEP)).rowCount ?? 0) === 0);
    });
    await ended;
    assert.equal(await store.write(one, insertNote, [one, 'f']), 1);
  });

  await t.test('refuses what is no environment before anything is sent', async () => {
    const forged = `${one}'; reset role; --`;
    await assert.rejects(store.write(forged as EnvironmentId, insertNote, [one, 'forged']), TypeError);
  });

  await t.test('many at once each get their own answer', async () => {
    const sizes = Array.from({ length: 40 }, (_, number) => (number % 5) + 1);
    const touched = await Promise.all(
      sizes.map((size, number) =>
        store.write(two, twice, [two, Array.from({ length: size }, (_, at) => `${number}-${at}`)]),
      ),
    );
    assert.deepEqual(touched, sizes);
  });
});
