import { EvidenceError } from '../evidence-error.ts';
import { limits } from '../limits.ts';
import { hashBytes } from '../merkle/hash.ts';
import { encodeLine } from './line.ts';

type Stream<Item> = AsyncIterable<Item> | Iterable<Item>;

/** What is exported. Leaf hashes are those the log keeps, not hashes of the entries made anew. */
export type ExportSource = {
  readonly environment: string;
  readonly origin: string;
  readonly verifierKey: string;
  /** Number of leaves; take the size of the last checkpoint, so that every leaf is covered by a signature. */
  readonly size: number;
  /** Index of the first entry exported, 0 unless given. */
  readonly from?: number;
  readonly checkpoints: Stream<string>;
  /** Exactly `size` hashes, from index 0 on. */
  readonly leafHashes: Stream<Uint8Array>;
  /** The exact bytes of each entry, in ascending order of index. */
  readonly entries: Stream<{ readonly index: number; readonly bytes: Uint8Array }>;
};

/**
 * Writes an export line by line, without newlines, holding no more than one line at a time.
 * Throws `argument-refused` when the sources do not hold what `size` and `from` announce: an export that would not
 * verify must not look finished.
 * @example for await (const line of exportLines(source)) output.write(`${line}\n`);
 */
export async function* exportLines(source: ExportSource): AsyncGenerator<string, void, undefined> {
  const { environment, origin, verifierKey, size, from = 0 } = source;
  yield encodeLine({ type: 'export', version: 1, environment, origin, verifierKey, from, size });
  for await (const note of source.checkpoints) yield encodeLine({ type: 'checkpoint', note });
  yield* leavesLines(source.leafHashes, size);
  yield* entryLines(source.entries, { from, size });
}

async function* leavesLines(
  leafHashes: Stream<Uint8Array>,
  size: number,
): AsyncGenerator<string, void, undefined> {
  let start = 0;
  let hashes: Uint8Array[] = [];
  for await (const leaf of leafHashes) {
    if (leaf.length !== hashBytes) throw refused('a leaf hash is not 32 bytes long');
    hashes.push(leaf);
    if (hashes.length < limits.leavesPerLineMax) continue;
    yield encodeLine({ type: 'leaves', start, hashes });
    start += hashes.length;
    hashes = [];
  }
  if (hashes.length > 0) yield encodeLine({ type: 'leaves', start, hashes });
  if (start + hashes.length !== size) throw refused('the leaf hashes are not as many as the size says');
}

async function* entryLines(
  entries: ExportSource['entries'],
  range: { readonly from: number; readonly size: number },
): AsyncGenerator<string, void, undefined> {
  let expected = range.from;
  for await (const { index, bytes } of entries) {
    if (index !== expected) throw refused(`entry ${expected} is missing from the source`);
    if (bytes.length > limits.entryBytesMax) throw refused(`entry ${index} is too long`);
    yield encodeLine({ type: 'entry', index, entry: bytes });
    expected++;
  }
  if (expected !== range.size) throw refused(`entry ${expected} is missing from the source`);
}

function refused(message: string): EvidenceError {
  return new EvidenceError('argument-refused', message);
}
