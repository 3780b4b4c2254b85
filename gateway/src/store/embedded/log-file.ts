import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface LogFile {
  write(chunk: Buffer): void;
  /** The last that was written, for the meaning of a failure. */
  tail(): string;
}

/** One file and one older file; beyond that the oldest goes. */
const FILE_BYTES_MAX = 1_048_576;
const TAIL_CHARACTERS_MAX = 8_192;

/** The server's log, bounded in size. A disk that is full loses lines, not the server. */
export function openLogFile(directory: string): LogFile {
  const path = join(directory, 'postgres.log');
  let bytes = sizeOf(path);
  let tail = '';
  return {
    write(chunk) {
      tail = `${tail}${chunk.toString('latin1')}`.slice(-TAIL_CHARACTERS_MAX);
      try {
        if (bytes > 0 && bytes + chunk.length > FILE_BYTES_MAX) {
          renameSync(path, `${path}.1`);
          bytes = 0;
        }
        appendFileSync(path, chunk, { mode: 0o600 });
        bytes += chunk.length;
      } catch {
        // No space, or no folder any more: nothing to do that would help.
      }
    },
    tail: () => tail,
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
