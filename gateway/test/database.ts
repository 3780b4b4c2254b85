import { createHash } from 'node:crypto'; // names the template after the migrations in it
import { after } from 'node:test';
import { Client } from 'pg';
import {
  type Clock,
  type Limits,
  limitsWith,
  newId,
  openSecretText,
  Secret,
  silentLog,
  systemClock,
} from '#base';
import { createStore, migrate, type Store } from '#store';
import { allMigrations } from '../src/migrations.ts';
import { startTestCluster, type TestCluster } from './cluster.ts';

/** A fresh, migrated database of a test. */
export interface TestDatabase {
  readonly store: Store;
  /** For the gateway. */
  readonly url: Secret;
  /** For migrations. Also bound by row-level security. */
  readonly ownerUrl: Secret;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** What of a test's context is needed: `t`, or `{ after }` of node:test in a hook. */
export interface Cleanup {
  after(hook: () => Promise<void>): unknown;
}

let cluster: Promise<TestCluster> | null = null;
let template: Promise<string> | null = null;

const fileHooks: (() => Promise<void>)[] = [];

/** For what all tests of a file share: cleaned up after the last of them, before the cluster goes. */
export const afterFile: Cleanup = Object.freeze({
  after: (hook: () => Promise<void>) => fileHooks.push(hook),
});

after(async () => {
  for (const hook of fileHooks.toReversed()) await hook();
  await (await cluster)?.remove();
});

/**
 * Makes a database by copying a template that has every migration, opens a store on it, and registers its removal.
 * Uses the cluster of `SALLYPORT_TEST_DATABASE_URL`, else one of its own. `SALLYPORT_TEST_KEEP` keeps the database.
 *
 * @example const { store } = await withDatabase(t);
 */
export async function withDatabase(t: Cleanup, overrides: Partial<Limits> = {}): Promise<TestDatabase> {
  const base = await clusterUrl();
  template ??= makeTemplate(base);
  const { url, drop } = await makeDatabase(base, await template);
  const limits = limitsWith(overrides);
  const store = await createStore({ url, limits, log: silentLog, clock: systemClock });
  t.after(async () => {
    await store.close();
    await drop();
  });
  return { store, url, ownerUrl: url, limits, clock: systemClock };
}

/** Makes a database without anything in it, for tests of migrations. */
export async function withEmptyDatabase(t: Cleanup): Promise<Secret> {
  const { url, drop } = await makeDatabase(await clusterUrl(), null);
  t.after(drop);
  return url;
}

async function makeDatabase(
  base: Secret,
  source: string | null,
): Promise<{ url: Secret; drop: () => Promise<void> }> {
  const name = `test_${newId('secret', systemClock)}`;
  // Copying the files takes a third of the time of copying each page through the log (Postgres' usual way).
  await execute(
    base,
    `create database ${name}${source === null ? '' : ` template ${source} strategy file_copy`}`,
  );
  return {
    url: named(base, name),
    async drop() {
      // The runner looks through the pages of every database after the run.
      if (process.env['SALLYPORT_TEST_KEEP'] === undefined)
        await execute(base, `drop database ${name} with (force)`);
    },
  };
}

async function clusterUrl(): Promise<Secret> {
  const given = process.env['SALLYPORT_TEST_DATABASE_URL'];
  if (given !== undefined) return Secret.fromText(given);
  cluster ??= startTestCluster();
  return (await cluster).url;
}

/** Made once in a cluster, whichever process comes first. */
async function makeTemplate(base: Secret): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(allMigrations)).digest('hex').slice(0, 16);
  const name = `template_${digest}`;
  const client = new Client(openSecretText(base));
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtextextended($1, 0))`, [name]);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) {
      await client.query(`drop database if exists ${name}_new`);
      await client.query(`create database ${name}_new`);
      await migrate({ url: named(base, `${name}_new`), migrations: allMigrations, log: silentLog });
      await client.query(`alter database ${name}_new rename to ${name}`); // only a whole one has the name
    }
  } finally {
    await client.end();
  }
  return name;
}

async function execute(url: Secret, text: string): Promise<void> {
  const client = new Client(openSecretText(url));
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

function named(base: Secret, database: string): Secret {
  const url = new URL(openSecretText(base));
  url.pathname = `/${database}`;
  return Secret.fromText(url.href);
}
