import { Client } from 'pg';
import { type EnvironmentId, newId, openSecretText, type Secret, silentLog, systemClock } from '#base';
import { isolated, type Migration, migrate, statement } from '#store';

/** A table of tests: one that transactions across environments see, and one that they don't. */
export const notesMigration: Migration = Object.freeze({
  number: 1_000_000,
  name: 'notes of tests',
  sql: `
    create table notes (environment_id text not null, id text not null, primary key (environment_id, id));
    ${isolated('notes', { system: true })}
    grant select, insert, update, delete on notes to sallyport_runtime;
    grant select, insert on notes to sallyport_system;
    create table diaries (environment_id text not null, id text not null, primary key (environment_id, id));
    ${isolated('diaries')}
    grant select, insert, update, delete on diaries to sallyport_runtime, sallyport_system;
  `,
});

export const insertNote = statement(
  'test.notes.insert',
  'insert into notes (environment_id, id) values ($1, $2)',
  String,
);
export const noteIds = statement('test.notes.ids', 'select id from notes order by id', idOf);
export const moveNotes = statement('test.notes.move', 'update notes set environment_id = $1', String);
export const deleteNotes = statement('test.notes.delete', 'delete from notes', String);
export const insertDiary = statement(
  'test.diaries.insert',
  'insert into diaries (environment_id, id) values ($1, $2)',
  String,
);
export const diaryIds = statement('test.diaries.ids', 'select id from diaries order by id', idOf);
export const sleep = statement('test.sleep', 'select pg_sleep($1)', String);
export const backend = statement('test.backend', 'select pg_backend_pid() as id', idOf);
export const notify = statement('test.notify', 'select pg_notify($1, $2)', String);

/** Adds the tables to a database. */
export async function addNotes(ownerUrl: Secret): Promise<void> {
  const { allMigrations } = await import('../migrations.ts'); // every room; only where a test needs them
  await migrate({ url: ownerUrl, migrations: [...allMigrations, notesMigration], log: silentLog });
}

export function environment(): EnvironmentId {
  return newId('environment', systemClock);
}

/** Runs work on a connection of the owner, outside the store. */
export async function asOwner<T>(url: Secret, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(openSecretText(url));
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Ends the other connections of the same database from the server's side, as a restart or an administrator does. */
export async function terminateOthers(url: Secret): Promise<number> {
  return asOwner(url, async (client) => {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    return rowCount ?? 0;
  });
}

function idOf(row: unknown): string {
  return typeof row === 'object' && row !== null && 'id' in row ? String(row.id) : '';
}
