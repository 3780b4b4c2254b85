import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Problem } from '../problem.ts';

/** A program of ours in a process of its own. It ends when we do: it hears that the channel to us broke. */
export interface Child {
  /** Hands over the first message. */
  send(message: Serializable): void;
  /** Resolves with its first line or message that tells of readiness; throws when it ends before. */
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends it and resolves when it has ended. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Every line or message, the one that tells of readiness too. */
  readonly onEvent: (event: Readonly<Record<string, unknown>>) => void;
}

const STOP_TIMEOUT_MS = 5_000;
const ERROR_CHARACTERS_MAX = 4_000;
/** A child gets no variable that it doesn't need: none of ours, no database address. */
const INHERITED = Object.freeze(['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ', 'NODE_EXTRA_CA_CERTS']);

/** Starts one. */
export function startChild({ name, program, environment, onEvent }: ChildOptions): Child {
  const child = fork(program, {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C in a terminal is for us, and we end it when our own work is done.
    detached: true,
    env: { ...inherited(), ...environment },
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-ERROR_CHARACTERS_MAX);
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const ready = Promise.withResolvers<Readonly<Record<string, unknown>>>();
  ready.promise.catch(() => undefined);
  const take = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const event: Readonly<Record<string, unknown>> = { ...value };
    if (String(event['event']).endsWith('.ready')) ready.resolve(event);
    onEvent(event);
  };
  child.on('message', take);
  if (child.stdout !== null) createInterface(child.stdout).on('line', (line) => take(parsed(line)));
  child.once('error', (error) => ready.reject(failed(name, error.message)));
  child.once('close', () => ready.reject(failed(name, errors)));
  return {
    send: (message) => void child.send(message, () => undefined),
    ready: ready.promise,
    exited,
    stop: () => stop(child, exited),
  };
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(force);
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function parsed(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return value;
  } catch {
    return null;
  }
}

function failed(name: string, errors: string): Problem {
  const line =
    errors
      .trim()
      .split('\n')
      .findLast((text) => /error|can't/i.test(text)) ?? '';
  return new Problem({
    code: 'CHILD_FAILED',
    message: `The ${name} did not start${line === '' ? '.' : `: ${line.trim()}`}`,
    remedy: 'Try again; if it stays, start anew with --reset.',
  });
}
