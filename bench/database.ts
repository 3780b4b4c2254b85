// What Postgres did for a measurement: its processor time, and what it wrote.
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

/** Since the server began. `cpuMs` is `null` where the system has no /proc. */
export interface DatabaseUsage {
  readonly cpuMs: number | null;
  readonly walBytes: number;
  readonly commits: number;
}

/** Watches the server behind an address. */
export interface DatabaseWatch {
  usage(): Promise<DatabaseUsage>;
  end(): Promise<void>;
}

const COUNTS = `select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as wal,
  (select sum(xact_commit)::float8 from pg_stat_database) as commits, pg_backend_pid() as process`;

/** Opens a connection of its own for it. */
export async function watchDatabase(databaseUrl: string): Promise<DatabaseWatch> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  return {
    async usage() {
      const { rows } = await client.query<{ wal: number; commits: number; process: number }>(COUNTS);
      const [row] = rows;
      if (row === undefined) throw new Error('the database said nothing');
      return { cpuMs: await processorTime(row.process), walBytes: row.wal, commits: row.commits };
    },
    end: () => client.end(),
  };
}

/** Of all processes of the server to which one of them belongs. Those that have ended are missing. */
async function processorTime(member: number): Promise<number | null> {
  const server = await parentOf(member);
  if (server === null) return null;
  let nanoseconds = 0;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || ((await parentOf(Number(name))) !== server && Number(name) !== server))
      continue;
    const spent = await readFile(`/proc/${name}/schedstat`, 'utf8').catch(() => '0');
    nanoseconds += Number(spent.split(' ')[0]);
  }
  return nanoseconds / 1e6;
}

async function parentOf(process: number): Promise<number | null> {
  const text = await readFile(`/proc/${process}/stat`, 'utf8').catch(() => null);
  // The name of a program stands in brackets and may hold anything.
  return text === null ? null : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
}
