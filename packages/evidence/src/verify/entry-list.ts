import { parseEntry } from '../entry.ts';
import { EvidenceError } from '../evidence-error.ts';
import type { EntryLine } from '../export/line.ts';
import { isJsonObject, parseJson } from '../json.ts';
import { limits } from '../limits.ts';
import { leafHash } from '../merkle/hash.ts';
import { type BitSet, createBitSet } from './bit-set.ts';
import { createHashList, type HashList } from './hash-list.ts';
import { createLeafIndex } from './leaf-index.ts';
import { createLineOrder, type LineOrder } from './line-order.ts';
import { createMisfits, type Misfits } from './misfits.ts';
import type { ProblemList } from './problem-list.ts';

/** The entries of an export, compared with the leaf hashes one by one; no entry is kept. */
export type EntryList = {
  take(line: EntryLine, number: number): void;
  count(): number;
  /** Indices whose entry stands under its number. */
  readonly inPlace: BitSet;
  /** Indices that a line too many to keep has the number of, or the entry of. */
  readonly excused: BitSet;
  readonly misfits: Misfits;
  readonly order: LineOrder;
  /** Hashes of the entries by number, from `provenSize` on; of several with one number the first. */
  readonly hashes: HashList;
};

export function createEntryList(options: {
  readonly leaves: HashList;
  readonly provenSize: number;
  readonly boundaries: ReadonlySet<number>;
  /** The environment the entries must be of; null when unknown. */
  readonly environment: string | null;
  readonly problems: ProblemList;
}): EntryList {
  const { leaves, provenSize, environment, problems } = options;
  const inPlace = createBitSet(limits.leavesMax);
  const excused = createBitSet(limits.leavesMax);
  const misfits = createMisfits(options.boundaries);
  const order = createLineOrder();
  const hashes = createHashList();
  const find = createLeafIndex(leaves);
  let count = 0;

  const keepHash = (index: number, hash: Uint8Array): void => {
    const at = index - provenSize;
    // Numbers far beyond what came so far are made up; following them would let one line claim any memory.
    if (at < 0 || at > 2 * count + limits.misfitsMax) return;
    if (hashes.at(at) === null) hashes.set(at, hash);
  };

  return {
    take({ index, entry }, number) {
      count++;
      const hash = leafHash(entry);
      keepHash(index, hash);
      if (leaves.holds(index, hash) && inPlace.add(index)) {
        order.take(index, number);
        const reason = faultOf(entry, environment);
        if (reason !== null) problems.add({ kind: 'entry-invalid', index, line: number, reason });
        return;
      }
      const target = leaves.holds(index, hash) ? index : find(hash);
      if (misfits.add({ label: index, target, line: number, id: readId(entry) })) return;
      excused.add(index);
      if (target !== null) excused.add(target);
    },
    count: () => count,
    inPlace,
    excused,
    misfits,
    order,
    hashes,
  };
}

function faultOf(
  bytes: Uint8Array,
  environment: string | null,
): 'not-an-entry' | 'another-environment' | null {
  try {
    const entry = parseEntry(bytes);
    return environment !== null && entry.environment !== environment ? 'another-environment' : null;
  } catch (error) {
    if (error instanceof EvidenceError) return 'not-an-entry';
    throw error;
  }
}

/** What bytes call themselves, if that is a plain word: ids are printed, and a crafted one must not reach a terminal. */
function readId(bytes: Uint8Array): string | null {
  try {
    const value = parseJson(Buffer.from(bytes).toString('utf8'));
    const id = isJsonObject(value) ? value['id'] : null;
    return typeof id === 'string' && /^[\w.:-]{1,128}$/.test(id) ? id : null;
  } catch (error) {
    if (error instanceof EvidenceError) return null;
    throw error;
  }
}
