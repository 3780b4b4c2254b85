import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/**
 * A second signal within `echoMs` is an echo of the first: a terminal signals npm and us, and npm passes its own on. Every
 * `orphanMs` we look whether npm still lives.
 */
export const superviseLimits = Object.freeze({ echoMs: 1_500, orphanMs: 300 });

const parent = fileURLToPath(new URL('parent.mjs', import.meta.url));

/**
 * Runs `command` to its end and returns its exit code (128 + number after a signal). Input and output are the child's own.
 *
 * The child gets a process group of its own, so that Ctrl-C reaches it once, through us, and not a second time from the terminal.
 * A later second signal ends the whole group at once. When we die without a word, the child is told by the broken channel; when
 * npm dies above us, that counts as SIGTERM.
 * @example process.exitCode = await supervise({ command: node, args: ['main.ts'] })
 */
export function supervise({ command, args, limits = superviseLimits }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [`--import=${parent}`, ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    let first;
    const forward = (signal) => {
      const now = performance.now();
      if (first === undefined) {
        first = now;
        child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
      } else if (now - first > limits.echoMs) {
        killGroup(child.pid);
      }
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const parentId = process.ppid;
    const orphaned = setInterval(() => {
      if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parentId && first === undefined)
        forward('SIGTERM');
    }, limits.orphanMs);
    const settle = (act) => {
      clearInterval(orphaned);
      for (const signal of signals) process.removeListener(signal, forward);
      act();
    };
    child.on('error', (error) => settle(() => reject(error)));
    child.on('exit', (code, signal) => settle(() => resolve(code ?? 128 + (constants.signals[signal] ?? 0))));
  });
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended in the meantime
  }
}
