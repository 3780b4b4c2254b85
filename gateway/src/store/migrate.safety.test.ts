// A migration is applied once, whole or not at all, by whichever process comes first; a database that differs from what
// the code knows is refused; missing rights are named with the SQL that grants them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Fault, limitsWith, newId, openSecretText, Secret, silentLog, systemClock } from '#base';
import { createStore, type Migration, migrate, SCHEMA, sqlStateOf, storeMigrations } from '#store';
import { startTestCluster } from '#test/cluster';
import { withDatabase, withEmptyDatabase } from '#test/database';
import { asOwner } from './notes.fixture.ts';

const first: Migration = { number: 101, name: 'first', sql: 'create table firsts (id text)' };
const second: Migration = { number: 102, name: 'second', sql: 'create table seconds (id text)' };
const known = [...storeMigrations, first];
const ofStore = storeMigrations.map(({ number }) => number);

test('migrations are applied in order, once', async (t) => {
  const url = await withEmptyDatabase(t);
  const all = [second, first, ...storeMigrations];
  assert.deepEqual(await migrate({ url, migrations: all, log: silentLog }), {
    applied: [...ofStore, 101, 102],
    version: 102,
  });
  assert.deepEqual(await migrate({ url, migrations: all, log: silentLog }), { applied: [], version: 102 });
});

test('a migration that fails leaves nothing of itself, and all of those before it', async (t) => {
  const url = await withEmptyDatabase(t);
  const failing: Migration = {
    number: 102,
    name: 'failing',
    sql: 'create table half (id text); select 1 / 0',
  };
  await assert.rejects(migrate({ url, migrations: [...known, failing], log: silentLog }), (fault: Fault) => {
    assert.match(fault.detail, /Migration 102 \(failing\)/);
    return fault.code === 'MIGRATION_FAILED' && sqlStateOf(fault) === '22012';
  });
  await asOwner(url, async (client) => {
    const { rows } = await client.query(
      `select to_regclass('${SCHEMA}.half') as half, to_regclass('${SCHEMA}.firsts') as firsts`,
    );
    assert.equal(rows[0]?.half, null);
    assert.notEqual(rows[0]?.firsts, null);
  });
  assert.deepEqual((await migrate({ url, migrations: [...known, second], log: silentLog })).applied, [102]);
});

test('an applied migration whose text has changed is refused', async (t) => {
  const url = await withEmptyDatabase(t);
  await migrate({ url, migrations: known, log: silentLog });
  const changed = { ...first, sql: `${first.sql} ` };
  const attempt = migrate({ url, migrations: [...storeMigrations, changed, second], log: silentLog });
  await assert.rejects(
    attempt,
    (fault: Fault) => fault.code === 'MIGRATION_FAILED' && /101 is not the one/.test(fault.detail),
  );
  assert.deepEqual((await migrate({ url, migrations: known, log: silentLog })).applied, []);
});

test('a database newer than the code is refused', async (t) => {
  const url = await withEmptyDatabase(t);
  await migrate({ url, migrations: [...known, second], log: silentLog });
  const attempt = migrate({ url, migrations: known, log: silentLog });
  await assert.rejects(
    attempt,
    (fault: Fault) => fault.code === 'MIGRATION_FAILED' && /does not know/.test(fault.detail),
  );
});

test('a migration number used twice, or a transaction of its own, is a mistake of ours', async (t) => {
  const url = await withEmptyDatabase(t);
  for (const sql of ['begin; select 1', 'select 1;\n  COMMIT;', 'rollback ;']) {
    await assert.rejects(
      migrate({ url, migrations: [{ number: 1, name: 'x', sql }], log: silentLog }),
      TypeError,
    );
  }
  const twice = [first, { ...second, number: first.number }];
  await assert.rejects(migrate({ url, migrations: twice, log: silentLog }), TypeError);
});

test('several processes may migrate at once, in one database and in one cluster', async (t) => {
  // A cluster of its own: the two roles belong to the cluster, and here they are not there yet.
  const cluster = await startTestCluster();
  t.after(() => cluster.remove());
  await asOwner(cluster.url, async (client) => {
    await client.query('create database one');
    await client.query('create database two');
  });
  const urls = ['/one', '/two'].map((path) => {
    const address = new URL(openSecretText(cluster.url));
    address.pathname = path;
    return address.href;
  });
  const outputs = await Promise.all([...urls, ...urls, ...urls].map(migrated));
  for (const offset of [0, 1]) {
    const ofDatabase = outputs.filter((_, index) => index % 2 === offset);
    assert.deepEqual(ofDatabase.toSorted(), [JSON.stringify(ofStore), '[]', '[]']);
  }
});

async function migrated(url: string): Promise<string> {
  const fixture = fileURLToPath(new URL('./migrate.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, [fixture], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(url);
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(status, 0);
  return output;
}

test('a user without the right to make roles gets the SQL to run; one of its own runs the gateway', async (t) => {
  const url = await withEmptyDatabase(t);
  const id = newId('secret', systemClock);
  const [owner, runner] = [`owner_${id}`, `runner_${id}`];
  const database = new URL(openSecretText(url)).pathname.slice(1);
  await asOwner(url, async (client) => {
    await migrate({ url, migrations: [], log: silentLog }); // the roles are there, the new users are not members
    await client.query(`create role ${owner} login password 'x'; create role ${runner} login password 'x'`);
    await client.query(`drop schema ${SCHEMA} cascade; grant create on database ${database} to ${owner}`);
  });
  const as = (user: string): Secret => {
    const address = new URL(openSecretText(url));
    address.username = user;
    address.password = 'x';
    return Secret.fromText(address.href);
  };
  const options = { url: as(owner), migrations: storeMigrations, log: silentLog, runtimeUrl: as(runner) };
  try {
    let sql = '';
    await assert.rejects(migrate(options), (fault: Fault) => {
      sql = /run: (.*;)/.exec(fault.detail)?.[1] ?? '';
      return fault.code === 'DATABASE_UNSUITABLE';
    });
    assert.match(sql, new RegExp(`grant sallyport_system to "${runner}"`));
    await asOwner(url, (client) => client.query(sql));
    assert.deepEqual((await migrate(options)).applied, ofStore);
    const store = await createStore({
      url: as(runner),
      limits: limitsWith(),
      log: silentLog,
      clock: systemClock,
    });
    try {
      assert.equal((await store.health()).version, ofStore.at(-1));
    } finally {
      await store.close();
    }
  } finally {
    await asOwner(url, async (client) => {
      await client.query(`grant ${owner}, ${runner} to current_user`);
      await client.query(`drop owned by ${owner}, ${runner} cascade; drop role ${owner}, ${runner}`);
    });
  }
});

test('the version of the database is that of its highest migration', async (t) => {
  const { store, ownerUrl } = await withDatabase(t);
  const { allMigrations } = await import('../migrations.ts');
  const { version } = await migrate({ url: ownerUrl, migrations: allMigrations, log: silentLog });
  assert.equal((await store.health()).version, version);
});
