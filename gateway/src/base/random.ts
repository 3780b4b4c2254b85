import { randomBytes as nodeRandomBytes } from 'node:crypto';

/** Bytes from the operating system's generator. */
export function randomBytes(length: number): Uint8Array {
  return new Uint8Array(nodeRandomBytes(length));
}

/** A number drawn evenly from [0, 1), for jitter. Not for secrets. */
export function randomFraction(): number {
  return nodeRandomBytes(4).readUInt32BE() / 2 ** 32;
}
