import { hash, timingSafeEqual } from 'node:crypto';
import { frozen } from '../frozen.ts';
import type { RequestReason } from './request-reasons.ts';
import { parseDictionary } from './structured-fields.ts';

/**
 * Why a `content-digest` field (RFC 9530 section 2) does not vouch for a body, or `null` when it does. Every digest
 * in it has to be right, at least one has to be there, and none of another algorithm than SHA-256 and SHA-512: md5
 * and sha-1 can be made to collide (section 5), and what isn't checked must not stand among what is.
 */
export function contentDigestRefusal(field: string, body: Uint8Array): RequestReason | null {
  const members = parseDictionary(field);
  if (members === null) return 'digest-malformed';
  for (const [name, member] of members) {
    const algorithm = ALGORITHMS[name];
    if (algorithm === undefined) return 'digest-unknown';
    if (member.kind !== 'item' || member.value.kind !== 'bytes' || member.parameters.size > 0) {
      return 'digest-malformed';
    }
    const { value } = member.value;
    if (value.length !== algorithm.bytesCount) return 'digest-malformed';
    if (!timingSafeEqual(value, hash(algorithm.hash, body, 'buffer'))) return 'digest-mismatch';
  }
  return null;
}

/** The field that {@link contentDigestRefusal} accepts for a body; for none, that of zero bytes. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${hash('sha256', body, 'base64')}:`;
}

const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly bytesCount: number }>> = frozen({
  'sha-256': { hash: 'sha256', bytesCount: 32 },
  'sha-512': { hash: 'sha512', bytesCount: 64 },
});
