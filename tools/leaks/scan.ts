import { closeSync, openSync, readSync } from 'node:fs';
import { formsOf } from './forms.ts';
import { type Needles, prepareNeedles } from './needles.ts';
import { type Found, insisting, isGone } from './walk.ts';

/** A value found in a file: never the value itself. `offset` is where its last byte ends. */
export interface Leak {
  readonly file: string;
  readonly offset: number;
  readonly canary: string;
  readonly form: string;
}

/** What a thread is sent. */
export interface Share {
  readonly files: readonly Found[];
  /** Each value that is looked for, by its name. */
  readonly values: ReadonlyMap<string, string>;
}

/** What came of looking through files. */
export interface ScanResult {
  readonly leaks: readonly Leak[];
  readonly files: number;
  readonly bytes: number;
}

const scanLimits = Object.freeze({ chunkBytes: 1 << 20, leaksPerFileMax: 5 });

/**
 * Looks through the files, one after the other, for each value in every form. A file that has gone since it was listed counts without bytes.
 * @example scan({ files: [{ path: 'run/output/a.log', shown: 'output/a.log' }], values: new Map([['password', 'hunter2hunter2']]) })
 */
export function scan({ files, values }: Share): ScanResult {
  const known = [...values].flatMap(([canary, value]) =>
    formsOf(value).map(({ form, bytes }) => ({ canary, form, bytes })),
  );
  const needles = prepareNeedles(known.map(({ bytes }) => bytes));
  const buffer = Buffer.allocUnsafe(needles.longest + scanLimits.chunkBytes);
  const leaks: Leak[] = [];
  let bytes = 0;
  for (const { path, shown } of files) {
    const found: Leak[] = [];
    bytes += scanFile({ path, needles, buffer }, (needle, offset) => {
      const one = known[needle];
      if (one === undefined || found.length >= scanLimits.leaksPerFileMax) return;
      if (found.some(({ canary, form }) => canary === one.canary && form === one.form)) return;
      found.push({ file: shown, offset, canary: one.canary, form: one.form });
    });
    leaks.push(...found);
  }
  return { leaks, files: files.length, bytes };
}

/** Chunk by chunk; what may be the beginning of a needle goes before the next chunk. */
function scanFile(
  { path, needles, buffer }: { readonly path: string; readonly needles: Needles; readonly buffer: Buffer },
  found: (needle: number, offset: number) => void,
): number {
  let file;
  try {
    file = insisting(path, () => openSync(path, 'r'));
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
  try {
    let position = 0;
    let kept = 0;
    for (;;) {
      const bytesRead = readSync(file, buffer, kept, buffer.length - kept, position);
      if (bytesRead === 0) return position;
      const start = position - kept;
      position += bytesRead;
      const filled = buffer.subarray(0, kept + bytesRead);
      needles.search(filled, (needle, end) => found(needle, start + end));
      kept = Math.min(filled.length, needles.longest - 1);
      buffer.copyWithin(0, filled.length - kept, filled.length);
    }
  } finally {
    closeSync(file);
  }
}
