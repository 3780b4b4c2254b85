import { sign, verify } from 'node:crypto';
import { frozen } from '../frozen.ts';
import { computeMac, macsEqual } from '../mac.ts';
import type { KeyAlgorithm, RequestKey, RequestSigningKey } from './request-key.ts';

/** The exact length of a signature (FIPS 198-1, RFC 8032, FIPS 204 table 2). */
export const SIGNATURE_BYTES: Readonly<Record<KeyAlgorithm, number>> = frozen({
  'hmac-sha256': 32,
  ed25519: 64,
  'ml-dsa-65': 3309,
});

/**
 * Whether a key made the signature of these bytes. An HMAC is computed at once; the others are computed by the thread
 * pool, since ML-DSA would hold up the event loop. Whatever goes wrong is a no.
 */
export async function fits(key: RequestKey, { chunks, signature }: Signed): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES[key.algorithm]) return false;
  if (key.algorithm === 'hmac-sha256') {
    return macsEqual(computeMac({ algorithm: key.algorithm, secret: key.secret, chunks }), signature);
  }
  return await new Promise((resolve) => {
    verify(null, joined(chunks), key.publicKey, signature, (error, isRight) => {
      resolve(error === null && isRight);
    });
  });
}

export interface Signed {
  readonly chunks: readonly (string | Uint8Array)[];
  readonly signature: Uint8Array;
}

/** The signature of these bytes; ML-DSA takes some milliseconds of a thread of the pool. */
export async function made(
  key: RequestSigningKey,
  chunks: readonly (string | Uint8Array)[],
): Promise<Uint8Array> {
  if (key.algorithm === 'hmac-sha256') {
    return computeMac({ algorithm: key.algorithm, secret: key.secret, chunks });
  }
  return await new Promise((resolve, reject) => {
    sign(null, joined(chunks), key.privateKey, (error, signature) => {
      if (error === null) resolve(signature);
      else reject(error);
    });
  });
}

function joined(chunks: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}
