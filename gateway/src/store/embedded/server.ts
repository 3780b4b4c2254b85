import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type Log, systemClock } from '#base';
import { codeOf } from '../failure.ts';
import type { Binaries } from './binaries.ts';
import { CLUSTER_DATABASE, CLUSTER_USER } from './cluster.ts';
import type { Home } from './home.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { processesOf, signal } from './processes.ts';
import { under } from './program.ts';
import { embeddedFailed } from './trouble.ts';

export interface Server {
  /** Ends it: fast first, then at once. */
  stop(): Promise<void>;
  /** Resolves when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
}

/** Small settings for a machine that also runs the gateway. https://www.postgresql.org/docs/18/runtime-config.html */
const SETTINGS: Readonly<Record<string, string>> = Object.freeze({
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '96MB',
  max_wal_size: '1GB',
  min_wal_size: '64MB',
  // This build has pglz alone, which costs more than it saves: with it a webhook took 1.24 times as long at three million events
  // as at ten thousand, without it 1.04 times (gateway/measure/history.ts). Pages of random keys are whole in the log.
  wal_compression: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  // Ten times the default: the first change after a checkpoint writes a page whole, and a vacuum of a month of deliveries changes many.
  // From half a million on those were bursts of 40 MB/s of log; from two million on deliveries waited for seconds at each,
  // while the machine idled (gateway/load/held.ts at 505 webhooks a second).
  autovacuum_vacuum_cost_delay: '20ms',
  io_method: 'sync', // no worker processes: everything fits into memory
  max_worker_processes: '2',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  update_process_title: 'off',
  // Nothing that a statement holds may reach the log: no statements, no details, not even messages of refused ones.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_checkpoints: 'off',
});

/**
 * Stops the server when this process dies without a word: the pipe closes, `read` ends. A line that arrives instead
 * says that the server has ended already, and that its number may be another's by now.
 */
const GUARD = `
read -r pid || exit 0
read -r line && exit 0
if read -r recorded < "$1/postmaster.pid" && [ "$recorded" != "$pid" ]; then exit 0; fi
kill -INT "$pid" || exit 0
tries=0
while [ "$tries" -lt 15 ] && kill -0 "$pid"; do sleep 1; tries=$((tries + 1)); done
kill -QUIT "$pid"
`;

const READY_POLL_MS = 20;
/** Recovery after a crash replays at most max_wal_size. */
const READY_TIMEOUT_MS = 120_000;
const READY_NOTICE_MS = 3_000;
const FAST_TIMEOUT_MS = 15_000;
const IMMEDIATE_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Starts the server on its socket and waits until it answers. Throws `EMBEDDED_FAILED`. */
export async function startServer(options: {
  home: Home;
  binaries: Binaries;
  password: string;
  settings: Readonly<Record<string, string>>;
  log: Log;
}): Promise<Server> {
  const { home, binaries, password, log } = options;
  const output = openLogFile(home.directory);
  const guard = startGuard(home);
  const settings = { ...SETTINGS, unix_socket_directories: home.socket, ...options.settings };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // A group of its own: Ctrl-C in a terminal is for us, and we end it after our own work is done.
  const child = spawn(binaries.postgres, ['-D', home.data, ...args], {
    ...under(home.account, home.home),
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) guard.stdin?.write(`${child.pid}\n`);
  child.stderr?.on('data', (chunk: Buffer) => output.write(chunk));
  const exited = ending(child, guard);
  const server = { stop: () => stopChild(child, exited, home), exited };
  try {
    await ready({ home, password, child, output, log });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function startGuard(home: Home): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'sh', home.data], {
    ...under(home.account, '/'),
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  return guard;
}

function ending(child: ChildProcess, guard: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      guard.stdin?.end('ended\n');
      resolve();
    };
    child.once('error', end);
    child.once('exit', end);
  });
}

async function stopChild(child: ChildProcess, exited: Promise<void>, home: Home): Promise<void> {
  const within = (timeoutMs: number): Promise<boolean> => {
    const controller = new AbortController();
    const late = delay(timeoutMs, false, { signal: controller.signal }).catch(() => false);
    return Promise.race([exited.then(() => true), late]).finally(() => controller.abort());
  };
  if (hasEnded(child)) return;
  child.kill('SIGINT');
  if (await within(FAST_TIMEOUT_MS)) return;
  child.kill('SIGQUIT');
  if (await within(IMMEDIATE_TIMEOUT_MS)) return;
  for (const pid of await processesOf(home.data)) signal(pid, 'SIGKILL');
  await exited;
}

async function ready(options: {
  home: Home;
  password: string;
  child: ChildProcess;
  output: LogFile;
  log: Log;
}): Promise<void> {
  const { home, password, child, output, log } = options;
  const start = systemClock.monotonic();
  let told = false;
  for (; systemClock.monotonic() - start < READY_TIMEOUT_MS; await delay(READY_POLL_MS)) {
    if (hasEnded(child)) throw embeddedFailed({ output: output.tail() });
    const answer = await knock(home, password);
    if (answer === 'ready') return;
    if (answer === 'refused') {
      throw embeddedFailed({
        detail: 'The database does not accept its password. Restore the state folder from a backup.',
      });
    }
    if (!told && systemClock.monotonic() - start > READY_NOTICE_MS) {
      told = true;
      log.info('The embedded Postgres is recovering from an unclean end.');
    }
  }
  throw embeddedFailed({ detail: 'It was not ready in time.', output: output.tail() });
}

async function knock(home: Home, password: string): Promise<'ready' | 'refused' | 'not yet'> {
  const client = new Client({
    host: home.socket,
    port: 5432,
    user: CLUSTER_USER,
    database: CLUSTER_DATABASE,
    password: () => password,
    ssl: false,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    const code = codeOf(error) ?? '';
    return code.startsWith('28') || code === '3D000' ? 'refused' : 'not yet';
  } finally {
    await client.end().catch(() => undefined);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
