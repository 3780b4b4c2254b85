import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A gateway process: loaded, told to start when needed, killed at any time. */
export interface Child {
  readonly pid: number | undefined;
  /** Resolves when it answers; rejects when it ends before. */
  start(): Promise<void>;
  /** Asks it to stop in good order; resolves with its exit code when it has ended. */
  stop(): Promise<number | null>;
  /** Without a word. By its handle: its number may be another's once it has ended. */
  kill(): void;
  readonly exited: Promise<number | null>;
}

const program = fileURLToPath(new URL('./node.harness.ts', import.meta.url));

/** Makes a gateway process that has loaded its code and waits; starting it is then as quick as the gateway is. */
export function loadChild(options: { file: string; cache: string; errors: number }): Child {
  const { file, cache, errors } = options;
  const child = fork(program, [file, '--wait'], {
    execArgv: ['--max-semi-space-size=16', '--heap-growing-percent=50'], // as the command is started
    stdio: ['ignore', 'ignore', errors, 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  const loaded = stateOf(child, 'loaded');
  const ready = stateOf(child, 'ready');
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
  });
  child.on('error', () => undefined); // a message to one that was just killed
  const tell = (message: string): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  return {
    pid: child.pid,
    exited,
    async start() {
      await loaded;
      tell('start');
      await ready;
    },
    stop() {
      tell('stop');
      return exited;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function stateOf(child: ChildProcess, state: string): Promise<void> {
  const reached = new Promise<void>((resolve, reject) => {
    child.on('message', (message: { readonly state?: string }) => {
      if (message.state === state) resolve();
    });
    child.once('exit', (code, signal) =>
      reject(new Error(`it ended before it was ${state}: ${code ?? signal}`)),
    );
  });
  reached.catch(() => undefined);
  return reached;
}
