import { limits } from '../limits.ts';
import type { HashList } from './hash-list.ts';

/**
 * Finds at which index of the list a hash stands, null when nowhere; made on the first look-up, since an honest export
 * needs none. An open-addressed table of 8 to 16 bytes per leaf.
 */
export function createLeafIndex(leaves: HashList): (hash: Uint8Array) => number | null {
  let slots: Uint32Array | null = null;
  return (hash) => {
    slots ??= fill(leaves);
    for (const slot of probe(hash, slots.length)) {
      const entry = slots[slot] ?? 0;
      if (entry === 0) return null;
      if (leaves.holds(entry - 1, hash)) return entry - 1;
    }
    return null;
  };
}

function fill(leaves: HashList): Uint32Array {
  const length = leaves.length();
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2, length * 2))));
  for (let index = 0; index < length; index++) {
    const hash = leaves.at(index);
    if (hash === null) continue;
    for (const slot of probe(hash, slots.length)) {
      const entry = slots[slot] ?? 0;
      if (entry === 0) slots[slot] = index + 1;
      // The first of equal hashes stands for all.
      if (entry === 0 || leaves.holds(entry - 1, hash)) break;
    }
  }
  return slots;
}

/** The slots to look at: SHA-256 spreads its own bits; a crafted list that does not is met by the limit. */
function* probe(hash: Uint8Array, slots: number): Generator<number, void, undefined> {
  const first = new DataView(hash.buffer, hash.byteOffset, hash.byteLength).getUint32(0);
  for (let step = 0; step < limits.probesMax; step++) yield (first + step) % slots;
}
