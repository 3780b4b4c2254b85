import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterwards, type Cleanup, type RunOptions, start } from './session.ts';

/** A command that runs until somebody ends it. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves with the next line of stdout or stderr, past the last one that was asked for, that is like this. */
  line(wanted: RegExp): Promise<string>;
  /** Everything it has said. */
  said(): string;
  /** Types on its standard input. */
  type(text: string): void;
  /** Its exit code, when it has ended. */
  readonly ended: Promise<number | null>;
}

/** Starts one; it is killed after the test where it still runs. */
export function startCommand(t: Cleanup, args: readonly string[], options: RunOptions = {}): Running {
  const child = start(args, options);
  const closed = once(child, 'close');
  const ended = closed.then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
  afterwards(t, async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const lines: string[] = [];
  let seen = 0;
  let wake: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null)
      createInterface(stream).on('line', (line) => {
        lines.push(line);
        wake();
      });
  void ended.then(() => wake());
  return {
    child,
    ended,
    said: () => lines.join('\n'),
    type: (text) => void child.stdin?.write(text),
    async line(wanted) {
      for (;;) {
        for (; seen < lines.length; seen += 1) {
          const line = lines[seen] ?? '';
          if (!wanted.test(line)) continue;
          seen += 1;
          return line;
        }
        if (child.exitCode !== null) throw new Error(`ended without ${String(wanted)}:\n${lines.join('\n')}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
