import { createHash, hash } from 'node:crypto';
import type { SchemeName } from './scheme.ts';

/**
 * 32 bytes that are the same for the same event: SHA-256 over the scheme's name, what the key was taken from, and
 * that, each preceded by its length in bytes (4 bytes, big-endian), so that no two different lists of parts are
 * written alike.
 */
export function duplicateKey(scheme: SchemeName, source: DuplicateKeySource): Uint8Array {
  if (source.from === 'event-id') {
    return hash('sha256', Buffer.concat(parts([LABEL, scheme, source.from, source.id])), 'buffer');
  }
  const inner = createHash('sha256');
  for (const chunk of source.chunks) inner.update(chunk);
  return hash('sha256', Buffer.concat(parts([LABEL, scheme, source.from, inner.digest()])), 'buffer');
}

export type DuplicateKeySource =
  | { readonly from: 'event-id'; readonly id: string }
  | { readonly from: 'signed-bytes'; readonly chunks: readonly (string | Uint8Array)[] };

/** Part of every key that was ever stored: it never changes. */
const LABEL = 'sallyport/duplicate-key/1';

function parts(values: readonly (string | Uint8Array)[]): Uint8Array[] {
  return values.flatMap((value) => {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
}
