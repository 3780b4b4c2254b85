import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { checkLimits } from './limits.ts';

/** How a program of the run ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** It had nothing left to do, by its own account, and did not end. */
  readonly idled: boolean;
  /** It ended, but a process that it had started did not; that one was killed. */
  readonly stragglers: boolean;
  readonly output: string;
  readonly durationMs: number;
}

/**
 * Runs Node with `args` in a process group of its own, its output going to the file `output`, and leaves nothing of the group
 * behind. Output goes to a file and not through a pipe, which a forgotten grandchild would hold open.
 * @example const ending = await runChild({ args: ['x.test.ts'], cwd: root, environment, output, timeoutMs: 1000, stop });
 */
export async function runChild({
  args,
  cwd,
  environment,
  output,
  timeoutMs,
  idle = { is: () => false, forMs: Infinity },
  graceMs = checkLimits.stragglerGraceMs,
  stop,
}: {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly output: string;
  readonly timeoutMs: number;
  /** Tells whether the program has nothing left to do; it is ended when that has been so for so long. */
  readonly idle?: { readonly is: () => boolean; readonly forMs: number };
  /** How long what it has started may go on after it. */
  readonly graceMs?: number;
  readonly stop: AbortSignal;
}): Promise<Ending> {
  const started = performance.now();
  const file = openSync(output, 'a');
  const child = spawn(process.execPath, args, {
    cwd,
    env: environment,
    stdio: ['ignore', file, file],
    detached: true,
  });
  closeSync(file);
  let timedOut = false;
  const kill = (): void => {
    signalGroup(child.pid, 'SIGKILL');
  };
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  let idled = false;
  let busyAt = performance.now();
  const watch = setInterval(() => {
    if (!idle.is()) busyAt = performance.now();
    else if (performance.now() - busyAt > idle.forMs) {
      idled = true;
      kill();
    }
  }, checkLimits.idlePollMs);
  stop.addEventListener('abort', kill, { once: true });
  try {
    await once(child, 'exit'); // or throws that it could not be started
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    stop.removeEventListener('abort', kill);
  }
  const stragglers = !timedOut && !idled && !stop.aborted && (await outlives(child.pid, graceMs));
  kill();
  return {
    code: child.exitCode,
    signal: child.signalCode,
    timedOut,
    idled,
    stragglers,
    output: readFileSync(output, 'utf8'),
    durationMs: performance.now() - started,
  };
}

async function outlives(group: number | undefined, graceMs: number): Promise<boolean> {
  const until = performance.now() + graceMs;
  while (signalGroup(group, 0)) {
    if (performance.now() > until) return true;
    await delay(50);
  }
  return false;
}

function signalGroup(group: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (group === undefined) return false;
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}
