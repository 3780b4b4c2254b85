import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Runs the command as a shell would: a process of its own, real streams, real exit codes. */

const program = fileURLToPath(new URL('../bin/sallyport.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/** What registers a clean-up; a test context does. */
export interface Cleanup {
  after(hook: () => unknown): void;
}

const stacks = new WeakMap<Cleanup, (() => unknown)[]>();

/** Registers a clean-up so that what was started last ends first. */
export function afterwards(t: Cleanup, hook: () => unknown): void {
  const known = stacks.get(t);
  if (known !== undefined) {
    known.push(hook);
    return;
  }
  const stack = [hook];
  stacks.set(t, stack);
  t.after(async () => {
    for (const last of stack.toReversed()) await last();
  });
}

/** A folder that is removed afterwards, with the embedded databases that were made in it. */
export async function withFolder(t: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
  afterwards(t, async () => {
    // Root's server keeps its pages elsewhere: removing the folder alone would leave them behind.
    for (const name of ['postgres', 'database', 'state/postgres', '.sallyport/postgres']) {
      const directory = join(folder, name);
      if (!existsSync(join(directory, 'location.json'))) continue;
      const { removeEmbedded, silentLog } = await import('@sallyport/gateway');
      await removeEmbedded({ directory, log: silentLog });
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return folder;
}

/** Runs one command line to its end. */
export async function sallyport(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = start(args, options);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

export interface ReadyLine {
  readonly ready: true;
  readonly api: string;
  readonly ca: string;
  readonly environment: string;
  readonly key: string;
  readonly connections: { readonly koywe: string };
  readonly endpoints: { readonly koywe: string };
  readonly sandbox: { readonly koywe: string };
}

/** A running `dev --json`. */
export interface RunningDev {
  readonly ready: ReadyLine;
  readonly readyText: string;
  readonly child: ChildProcess;
  /** Every line on stdout so far, the first one included. */
  readonly lines: readonly string[];
  /** Resolves with the first line, past or to come, that is wanted. */
  line(
    wanted: (record: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Sends the signal and gives the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `dev --json` on free ports with a state folder; throws what it said when it ends before it is ready. */
export async function startDev(
  t: Cleanup,
  {
    state,
    args = [],
    env = {},
  }: { state: string; args?: readonly string[]; env?: Readonly<Record<string, string>> },
): Promise<RunningDev> {
  const ports = ['--port', '0', '--sandbox-port', '0', '--demo-port', '0'];
  const child = start(['dev', '--json', ...ports, ...args], {
    env: { SALLYPORT_STATE_DIRECTORY: state, ...env },
  });
  child.stdin?.end();
  const exited = once(child, 'exit');
  afterwards(t, async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  });
  const stderr = collect(child.stderr);
  const lines: string[] = [];
  const waiting = new Set<(text: string) => void>();
  if (child.stdout !== null) {
    createInterface(child.stdout).on('line', (text) => {
      lines.push(text);
      for (const hear of waiting) hear(text);
    });
  }
  const line: RunningDev['line'] = (wanted) =>
    new Promise((resolve) => {
      const hear = (text: string): void => {
        const record = JSON.parse(text) as Record<string, unknown>;
        if (!wanted(record)) return;
        waiting.delete(hear);
        resolve(record);
      };
      waiting.add(hear);
      for (const text of lines) hear(text);
    });
  const first = await Promise.race([line(() => true), exited.then(() => null)]);
  if (first?.['ready'] !== true) throw new Error(`dev ended: ${lines.join('\n')}\n${stderr()}`);
  const ready = first as unknown as ReadyLine;
  return {
    ready,
    readyText: lines[0] ?? '',
    child,
    lines,
    line,
    async end(signal) {
      child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

export function start(args: readonly string[], { env = {}, cwd }: RunOptions): ChildProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:SALLYPORT_(?!TEST_)|DATABASE_URL|NODE_OPTIONS|NODE_TEST_CONTEXT|FORCE_COLOR|INIT_CWD)/.test(name),
  );
  return spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: cwd ?? tmpdir(),
    env: { ...Object.fromEntries(inherited), ...env },
  });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
