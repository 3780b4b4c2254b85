// A transaction sees and writes the rows of its own environment and of no other; one that names none sees nothing; the
// owner of the tables is bound as well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { newId, openSecretText, silentLog, systemClock } from '#base';
import { isolated, migrate, SCHEMA, statement, storeMigrations } from '#store';
import { withDatabase } from '#test/database';

const insert = statement('test.isolation.insert', 'insert into notes (environment_id, id) values ($1, $2)', () => null);
const select = statement('test.isolation.select', 'select id from notes order by id', String);

test('smoke', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  const notes = {
    number: 1_000_000,
    name: 'notes',
    sql: `create table notes (environment_id text not null, id text not null, primary key (environment_id, id));
      ${isolated('notes', { system: true })}
      grant select, insert, update, delete on notes to sallyport_runtime; grant select on notes to sallyport_system;`,
  };
  const { allMigrations } = await import('../migrations.ts');
  assert.deepEqual((await migrate({ url: ownerUrl, migrations: [...allMigrations, notes], log: silentLog })).applied, [1_000_000]);
  const a = newId('environment', systemClock);
  const b = newId('environment', systemClock);
  await store.transaction(a, (tx) => tx.run(insert, [a, 'one']));
  assert.equal((await store.transaction(a, (tx) => tx.rows(select, []))).length, 1);
  assert.equal((await store.transaction(b, (tx) => tx.rows(select, []))).length, 0);
  assert.equal((await store.system((tx) => tx.rows(select, []))).length, 1);
  await assert.rejects(store.transaction(a, (tx) => tx.run(insert, [b, 'two'])));
  const owner = new Client(openSecretText(ownerUrl));
  await owner.connect();
  assert.equal((await owner.query(`select * from ${SCHEMA}.notes`)).rowCount, 0);
  await owner.end();
  console.log(await store.health(), storeMigrations.length);
});
