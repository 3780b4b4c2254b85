import { pino } from 'pino';
import { LIMITS } from './limits.ts';

const CLOSE_TIMEOUT_MS = 1_000;

export interface LogOutput {
  /** Takes a line. Never throws and never waits; a line that finds the queue full, or the reader gone, is dropped. */
  write(line: string): void;
  /** Writes what is queued and takes no more; waits for the reader a second at most. For the end of the process. */
  close(): Promise<void>;
  /** How many lines were dropped so far. */
  dropped(): number;
}

/**
 * Opens a file descriptor or a file for log lines, written apart from the event loop.
 *
 * A reader that stops reading costs memory up to `queueBytesMax`, then lines; one that is gone costs lines only.
 * `dropped()` tells how many.
 *
 * @example const output = openLogOutput({ descriptor: 1 });
 */
export function openLogOutput(options: { descriptor: number; queueBytesMax?: number }): LogOutput {
  const queueBytesMax = options.queueBytesMax ?? LIMITS.logQueueBytesMax.value;
  const stream = pino.destination({ dest: options.descriptor, sync: false, maxLength: queueBytesMax });
  let dropped = 0;
  let isGone = false;
  stream.on('drop', () => {
    dropped++;
  });
  stream.on('error', () => {
    isGone = true; // EPIPE, EIO, ENOSPC: there is nobody left to tell
  });

  return Object.freeze({
    write(line: string) {
      if (isGone) {
        dropped++;
        return;
      }
      try {
        stream.write(line);
      } catch {
        isGone = true;
        dropped++;
      }
    },
    close() {
      if (isGone) return Promise.resolve();
      isGone = true;
      return new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
        for (const name of ['close', 'error'])
          stream.once(name, () => {
            clearTimeout(timer);
            resolve();
          });
        stream.end();
      });
    },
    dropped: () => dropped,
  });
}
