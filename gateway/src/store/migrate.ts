// node:crypto for the digest that tells a changed migration; it protects against mistakes, not against attackers.
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { Fault, type Log, type Secret } from '#base';
import { connectionConfig, parseAddress } from './connection.ts';
import { storeFault } from './failure.ts';
import { ERASER_ROLE, RUNTIME_ROLE, SCHEMA, SYSTEM_ROLE } from './isolation.ts';
import { ensureRoles } from './roles.ts';
import { VERSION_MIN } from './suitability.ts';

/** A step forward of the schema. `number` is unique in the gateway; the text of an applied one never changes. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

export interface MigrateOptions {
  /** The owner of the tables. */
  readonly url: Secret;
  readonly migrations: readonly Migration[];
  readonly log: Log;
  /** The address that the gateway runs with, when it is another user's: that user may then become the two roles. */
  readonly runtimeUrl?: Secret;
}

export interface MigrateResult {
  readonly applied: number[];
  readonly version: number;
}

/** One statement of a migration, or the wait for another migration under way. */
const STATEMENT_TIMEOUT_MS = 600_000;
const LOCK_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Names the lock among the advisory locks of a database. */
const LOCK = "hashtextextended('sallyport:migrate', 0)";
/** What a migration may not do: leave its transaction, or be more than forward SQL. */
const FORBIDDEN = /^\s*(begin|commit|rollback|start\s+transaction|savepoint|end)\b\s*;/im;

/**
 * Brings a database up to date: each migration in its own transaction, all under one advisory lock.
 * Throws `MIGRATION_FAILED` when one fails, when an applied one has another text than it had, or when the database is
 * newer than the code; `DATABASE_UNSUITABLE` when the server is too old or rights are missing.
 *
 * @example const { applied, version } = await migrate({ url, migrations: allMigrations, log });
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const { migrations, log } = options;
  const address = parseAddress(options.url);
  const ordered = checked(migrations);
  const client = new Client(
    connectionConfig(address, 'owner', {
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      lockTimeoutMs: LOCK_TIMEOUT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    }),
  );
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(
      `set lock_timeout = 0; select pg_advisory_lock(${LOCK}); set lock_timeout = ${LOCK_TIMEOUT_MS}`,
    );
    const users = [
      address.user,
      ...(options.runtimeUrl === undefined ? [] : [parseAddress(options.runtimeUrl).user]),
    ];
    await prepare(client, [...new Set(users)]);
    const known = await appliedOf(client, ordered);
    const applied: number[] = [];
    for (const migration of ordered) {
      if (known.has(migration.number)) continue;
      await apply(client, migration);
      applied.push(migration.number);
      log.info('A migration was applied.', { name: migration.name, version: String(migration.number) });
    }
    return { applied, version: ordered.at(-1)?.number ?? 0 };
  } catch (error) {
    throw storeFault(error, { statement: 'migrate' });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function checked(migrations: readonly Migration[]): Migration[] {
  const ordered = migrations.toSorted((left, right) => left.number - right.number);
  ordered.forEach(({ number, name, sql }, index) => {
    if (!Number.isInteger(number) || number < 1) throw new TypeError(`migration ${name}: number ${number}`);
    if (ordered[index + 1]?.number === number) throw new TypeError(`migration ${number} is there twice`);
    if (FORBIDDEN.test(sql)) throw new TypeError(`migration ${number}: the transaction is not its own`);
  });
  return ordered;
}

async function prepare(client: Client, users: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(
    `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`,
  );
  const server = rows[0];
  if (server === undefined || server.version < VERSION_MIN || server.encoding !== 'UTF8') {
    throw new Fault('DATABASE_UNSUITABLE', {
      detail: 'The server is older than 15, or its encoding is not UTF8.',
    });
  }
  await ensureRoles(client, users);
  try {
    await client.query(`
      create schema if not exists ${SCHEMA};
      grant usage on schema ${SCHEMA} to ${RUNTIME_ROLE}, ${SYSTEM_ROLE}, ${ERASER_ROLE};
      create table if not exists schema_migrations (
        number integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now()
      )`);
  } catch (error) {
    const fault = storeFault(error, { statement: 'migrate.prepare' });
    throw new Fault('DATABASE_UNSUITABLE', {
      detail: `The user of the migrations may not make the schema "${SCHEMA}" in this database, or does not own it.`,
      cause: fault.cause,
    });
  }
}

async function appliedOf(client: Client, migrations: readonly Migration[]): Promise<Set<number>> {
  const { rows } = await client.query<{ number: number; sha256: string }>(
    'select number, sha256 from schema_migrations',
  );
  const known = new Map(migrations.map((migration) => [migration.number, digest(migration)]));
  for (const { number, sha256 } of rows) {
    const expected = known.get(number);
    if (expected === undefined)
      throw failed(`The database holds migration ${number}, which this version does not know.`);
    if (expected !== sha256)
      throw failed(`Migration ${number} is not the one that was applied to this database.`);
  }
  return new Set(rows.map(({ number }) => number));
}

async function apply(client: Client, migration: Migration): Promise<void> {
  const { number, name, sql } = migration;
  try {
    await client.query('begin');
    await client.query(sql);
    await client.query('insert into schema_migrations (number, name, sha256) values ($1, $2, $3)', [
      number,
      name,
      digest(migration),
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    const { cause } = storeFault(error, { statement: `migration ${number}` });
    throw new Fault('MIGRATION_FAILED', { detail: `Migration ${number} (${name}) failed.`, cause });
  }
}

function digest({ sql }: Migration): string {
  return createHash('sha256').update(sql, 'utf8').digest('hex');
}

function failed(detail: string): Fault {
  return new Fault('MIGRATION_FAILED', { detail });
}
