import { hash } from 'node:crypto';

/** Length of every hash in the log: SHA-256. */
export const hashBytes = 32;

/** Root of the tree without leaves: SHA-256 of nothing (RFC 6962 section 2.1). */
export const emptyRoot: Uint8Array = sha256(new Uint8Array(0));

/**
 * Hash of a leaf: SHA-256(0x00 || bytes) (RFC 6962 section 2.1).
 * @example leafHash(encodeEntry(entry)).length; // 32
 */
export function leafHash(bytes: Uint8Array): Uint8Array {
  const input = Buffer.allocUnsafe(bytes.length + 1);
  input[0] = 0x00;
  input.set(bytes, 1);
  return sha256(input);
}

/**
 * Hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962 section 2.1); the prefix keeps a node from posing as a leaf.
 * @example nodeHash(leafHash(first), leafHash(second));
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = Buffer.allocUnsafe(1 + 2 * hashBytes);
  input[0] = 0x01;
  input.set(left, 1);
  input.set(right, 1 + hashBytes);
  return sha256(input);
}

/** Whether two hashes are the same bytes; hashes in the log are public, so time need not be constant. */
export function sameHash(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && Buffer.compare(left, right) === 0;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}
