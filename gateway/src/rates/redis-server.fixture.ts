import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createClient } from '@redis/client';
import { Secret } from '#base';

/** The server's program on this machine, or null. */
export const SERVER: string | null = program('redis-server') ?? program('valkey-server');

/** Why tests that need the program are skipped, or false when they are not. */
export const WITHOUT_SERVER: string | false =
  SERVER === null ? 'neither redis-server nor valkey-server is installed' : false;

/** A server of a test's own, without persistence, on loopback. */
export interface TestServer {
  readonly url: Secret;
  readonly port: number;
  /** One command of a plain client, to look behind the door. */
  command(...words: string[]): Promise<unknown>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>;
  /** Stops it in its tracks: connections stay open, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Ends it and what it wrote. */
  remove(): Promise<void>;
}

const READY = /Ready to accept connections/;

/** Starts one. `settings` are further lines of its configuration as arguments, such as `['--maxmemory', '1mb']`. */
export async function startTestServer(
  options: { settings?: readonly string[]; tls?: boolean } = {},
): Promise<TestServer> {
  const file = SERVER;
  if (file === null) throw new Error('no server program');
  const directory = await mkdtemp(join(process.env['SALLYPORT_TEST_RUN_DIR'] ?? tmpdir(), 'redis-'));
  const port = await freePort();
  const ports = options.tls === true ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)];
  const given = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
  let child: ChildProcess;

  const start = async (): Promise<void> => {
    child = spawn(file, [...ports, ...given, ...(options.settings ?? [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    child.stdout?.on('data', (piece: Buffer) => {
      output += piece.toString();
      if (READY.test(output)) resolve();
    });
    child.once('exit', () => reject(new Error(`the server ended:\n${output}`)));
    await ready;
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };

  await start();
  return {
    url: Secret.fromText(`${options.tls === true ? 'rediss' : 'redis'}://127.0.0.1:${port}`),
    port,
    command: (...words) => command(`redis://127.0.0.1:${port}`, words),
    kill,
    restart: start,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async remove() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** One command, on a connection of its own. */
export async function command(url: string, words: readonly string[]): Promise<unknown> {
  const client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.sendCommand([...words]);
  } finally {
    client.destroy();
  }
}

function program(name: string): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // not in this folder
    }
  }
  return null;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
