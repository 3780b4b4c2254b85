/** Finds many byte sequences in one pass (Aho and Corasick, 1975): a full transition table, so each byte costs one look-up. */
export interface Automaton {
  /** Continues from `state`, calls `found` with the index of each needle that ends in `bytes`, and returns the new state. */
  feed(bytes: Uint8Array, state: number, found: (needle: number, end: number) => void): number;
}

/**
 * @example const automaton = buildAutomaton([Buffer.from('one'), Buffer.from('two')]);
 */
export function buildAutomaton(needles: readonly Uint8Array[]): Automaton {
  const size = needles.reduce((sum, { length }) => sum + length, 1);
  const next = new Int32Array(size * 256);
  const endings: number[][] = Array.from({ length: size }, () => []);
  let states = 1;
  for (const [index, needle] of needles.entries()) {
    if (needle.length === 0) throw new RangeError('an empty needle is everywhere');
    let state = 0;
    for (const byte of needle) {
      const slot = state * 256 + byte;
      if (at(next, slot) === 0) next[slot] = states++;
      state = at(next, slot);
    }
    endings[state]?.push(index);
  }
  complete(next, states, endings);
  const ends = Uint8Array.from(endings, (list) => (list.length > 0 ? 1 : 0));
  return {
    feed(bytes, state, found) {
      let current = state;
      for (let index = 0; index < bytes.length; index += 1) {
        current = at(next, current * 256 + at(bytes, index));
        if (ends[current] === 1) for (const needle of endings[current] ?? []) found(needle, index + 1);
      }
      return current;
    },
  };
}

/** Breadth first: a missing transition becomes that of the longest proper suffix, whose endings are endings here too. */
function complete(next: Int32Array, states: number, endings: readonly number[][]): void {
  const suffix = new Int32Array(states);
  const queue: number[] = [];
  for (let byte = 0; byte < 256; byte += 1) if (at(next, byte) !== 0) queue.push(at(next, byte));
  for (const state of queue) {
    const shorter = at(suffix, state);
    endings[state]?.push(...(endings[shorter] ?? []));
    for (let byte = 0; byte < 256; byte += 1) {
      const slot = state * 256 + byte;
      const target = at(next, slot);
      const fallback = at(next, shorter * 256 + byte);
      if (target === 0) {
        next[slot] = fallback;
      } else {
        suffix[target] = fallback;
        queue.push(target);
      }
    }
  }
}

function at(list: Int32Array | Uint8Array, index: number): number {
  return list[index] ?? 0;
}
