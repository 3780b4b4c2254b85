/** A set of indices, one bit each. Indices at or beyond the bound are never members. */
export type BitSet = {
  has(index: number): boolean;
  /** Adds an index; false when it was a member already or is out of bounds. */
  add(index: number): boolean;
};

export function createBitSet(bound: number): BitSet {
  let bytes = new Uint8Array(1_024);
  const has = (index: number): boolean => (((bytes[Math.floor(index / 8)] ?? 0) >> (index % 8)) & 1) === 1;
  return {
    has,
    add(index) {
      if (index >= bound || has(index)) return false;
      const at = Math.floor(index / 8);
      if (at >= bytes.length) {
        const grown = new Uint8Array(Math.max(at + 1, bytes.length * 2));
        grown.set(bytes);
        bytes = grown;
      }
      bytes[at] = (bytes[at] ?? 0) | (1 << (index % 8));
      return true;
    },
  };
}
