import { createHash, hash } from 'node:crypto';
import type { Scheme } from './scheme.ts';

/**
 * 32 bytes that are the same for the same event: SHA-256 over the scheme's name, what the key was taken from, and
 * that (an id, or the hex SHA-256 of the signed bytes), each preceded by its length in bytes (4, big-endian), so that no two different lists of parts are
 * written alike.
 */
export function duplicateKey(scheme: Scheme['name'], source: DuplicateKeySource): Uint8Array {
  // By way of hex: measured at less than half the time of asking for a buffer.
  return Buffer.from(
    hash('sha256', lengthPrefixed([LABEL, scheme, source.from, lastPart(source)]), 'hex'),
    'hex',
  );
}

export type DuplicateKeySource =
  | { readonly from: 'event-id'; readonly id: string }
  | { readonly from: 'signed-bytes'; readonly chunks: readonly (string | Uint8Array)[] };

/** Part of every key that was ever stored: it never changes. */
const LABEL = 'sallyport/duplicate-key/1';

function lastPart(source: DuplicateKeySource): string {
  if (source.from === 'event-id') return source.id;
  const digest = createHash('sha256');
  for (const chunk of source.chunks) digest.update(chunk);
  return digest.digest('hex');
}

/** One allocation: four small ones and their joining took longer than the hash. */
function lengthPrefixed(parts: readonly string[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += 4 + Buffer.byteLength(part);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) {
    const written = bytes.write(part, at + 4, 'utf8');
    bytes.writeUInt32BE(written, at);
    at += 4 + written;
  }
  return bytes;
}
