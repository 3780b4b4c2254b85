import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '#base';
import { processesOf, recordedPid, signal, vacated } from './processes.ts';
import { embeddedFailed } from './trouble.ts';

const SOCKET_LOCK = '.s.PGSQL.5432.lock';
const FAST_TIMEOUT_MS = 15_000;
const IMMEDIATE_TIMEOUT_MS = 5_000;
const KILLED_TIMEOUT_MS = 5_000;

/**
 * Ends a server that a dead process left running in this data directory, and clears a stale `postmaster.pid` whose
 * number belongs to a stranger by now. To be called by the owner of the folder only.
 */
export async function endOrphan(data: string, log: Log, socket?: string): Promise<void> {
  const running = await processesOf(data);
  const pid = await recordedPid(data);
  if (running.length > 0) {
    log.info('Ending an embedded Postgres that an earlier run left behind.');
    await end(data, pid !== null && running.includes(pid) ? [pid] : running);
  }
  // Postgres would take the stranger for another server. Nobody uses the directory: processesOf said so.
  if (process.platform !== 'linux') return;
  if (pid !== null) await rm(join(data, 'postmaster.pid'), { force: true });
  // The socket's lock names the same number, and is asked about it in the same way.
  if (socket !== undefined) await rm(join(socket, SOCKET_LOCK), { force: true });
}

async function end(data: string, pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGINT');
  if (await vacated(data, FAST_TIMEOUT_MS)) return;
  for (const pid of await processesOf(data)) signal(pid, 'SIGQUIT');
  if (await vacated(data, IMMEDIATE_TIMEOUT_MS)) return;
  for (const pid of await processesOf(data)) signal(pid, 'SIGKILL');
  if (await vacated(data, KILLED_TIMEOUT_MS)) return;
  throw embeddedFailed({ detail: 'An earlier server in the state folder can not be ended.' });
}
