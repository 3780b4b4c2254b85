import { isatty } from 'node:tty';
import type { Terminal } from './terminal.ts';

const SLOW_MS = 1_500;

/**
 * Shows what is being done: on a terminal in one line that is written over, elsewhere a line for what takes long.
 */
export function createProgress(terminal: Terminal): { show(what: string): void; end(): void } {
  const isTerminal = isatty(2);
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => {
    clearTimeout(timer);
    if (isTerminal) process.stderr.write('\r\u001b[K');
  };
  return {
    show(what) {
      clear();
      if (isTerminal) process.stderr.write(terminal.paintTalk('dim', `  … ${what}`));
      else timer = setTimeout(() => terminal.say(`… ${what}`), SLOW_MS);
    },
    end: clear,
  };
}
