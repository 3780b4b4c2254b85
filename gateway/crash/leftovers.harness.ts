import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { openSecretText, Secret } from '#base';
import { dataFolderOf, postgresProcesses, processesNaming } from './postgres.ts';
import type { Setup } from './setup.harness.ts';

/** The guard of the embedded server ends it in good order. */
const LEFTOVERS_TIMEOUT_MS = 30_000;
const POLL_MS = 100;

/**
 * What dead nodes have left behind, once there was time to notice: processes, locks, transactions. The last node was
 * killed, not stopped.
 */
export async function leftovers(options: {
  setup: Setup;
  database: 'embedded' | Secret;
}): Promise<readonly string[]> {
  let found: readonly string[] = [];
  for (
    const until = performance.now() + LEFTOVERS_TIMEOUT_MS;
    performance.now() < until;
    await delay(POLL_MS)
  ) {
    found = [...(await gateways(options.setup)), ...(await ofDatabase(options))];
    if (found.length === 0) break;
  }
  return found;
}

/** By what they were started with: numbers of processes come round again in a long campaign. */
async function gateways({ file }: Setup): Promise<readonly string[]> {
  return (await processesNaming(file)).map((pid) => `gateway process ${pid}`);
}

async function ofDatabase({
  setup,
  database,
}: {
  setup: Setup;
  database: 'embedded' | Secret;
}): Promise<readonly string[]> {
  if (setup.embedded !== null) {
    const running = await postgresProcesses(await dataFolderOf(setup.embedded));
    return running.map((pid) => `postgres process ${pid}`);
  }
  if (!(database instanceof Secret)) return [];
  const client = new Client(openSecretText(database));
  await client.connect();
  try {
    const { rows } = await client.query<{ found: string }>(`
      select 'advisory lock of ' || pid as found from pg_locks
       where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
      union all
      select concat('backend ', pid, ' ', state) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`);
    return rows.map(({ found }) => found);
  } finally {
    await client.end();
  }
}
