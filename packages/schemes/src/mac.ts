import { createHmac, timingSafeEqual } from 'node:crypto';
import { frozen } from './frozen.ts';
import type { MacAlgorithm } from './scheme.ts';

/**
 * The HMAC over chunks that follow each other without a gap. It stands below the rule on the length of secrets,
 * so that published vectors with short ones can be computed; `verify` and `sign` check the secret before.
 */
export function computeMac({ algorithm, secret, chunks }: MacInput): Uint8Array {
  const hmac = createHmac(MACS[algorithm].hash, secret);
  for (const chunk of chunks) hmac.update(chunk);
  return hmac.digest();
}

export interface MacInput {
  readonly algorithm: MacAlgorithm;
  readonly secret: Uint8Array;
  readonly chunks: readonly (string | Uint8Array)[];
}

export const MACS: Readonly<Record<MacAlgorithm, { readonly hash: string; readonly bytesCount: number }>> =
  frozen({
    'hmac-sha1': { hash: 'sha1', bytesCount: 20 },
    'hmac-sha256': { hash: 'sha256', bytesCount: 32 },
    'hmac-sha384': { hash: 'sha384', bytesCount: 48 },
    'hmac-sha512': { hash: 'sha512', bytesCount: 64 },
  });

/** Whole MACs only, in constant time; `timingSafeEqual` throws on unequal lengths, so these are compared first. */
export function macsEqual(expected: Uint8Array, received: Uint8Array): boolean {
  return expected.length === received.length && timingSafeEqual(expected, received);
}
