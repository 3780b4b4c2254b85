import { hashBytes } from '../merkle/hash.ts';

/** A growing list of 32-byte hashes, kept in blocks so that growing copies nothing. */
export type HashList = {
  length(): number;
  append(hash: Uint8Array): void;
  /** Sets one hash; what lies between the old end and it stays absent. */
  set(index: number, hash: Uint8Array): void;
  /** The hash, or null where there is none. */
  at(index: number): Uint8Array | null;
  /** Whether the hash at an index is this one. */
  holds(index: number, hash: Uint8Array): boolean;
};

const hashesPerBlock = 4_096;
// No input is known whose SHA-256 is all zeros, so that zeros can stand for "absent".
const absent = new Uint8Array(hashBytes);

export function createHashList(): HashList {
  const blocks: Buffer[] = [];
  let length = 0;

  const grow = (size: number): void => {
    length = Math.max(length, size);
    while (blocks.length * hashesPerBlock < length) blocks.push(Buffer.alloc(hashesPerBlock * hashBytes));
  };
  const view = (index: number): Buffer | undefined => {
    const offset = (index % hashesPerBlock) * hashBytes;
    return blocks[Math.floor(index / hashesPerBlock)]?.subarray(offset, offset + hashBytes);
  };
  const set = (index: number, hash: Uint8Array): void => {
    grow(index + 1);
    view(index)?.set(hash);
  };

  return {
    length: () => length,
    append: (hash) => set(length, hash),
    set,
    at(index) {
      const found = index < length ? view(index) : undefined;
      return found === undefined || found.equals(absent) ? null : found;
    },
    holds: (index, hash) => index < length && view(index)?.equals(hash) === true,
  };
}
