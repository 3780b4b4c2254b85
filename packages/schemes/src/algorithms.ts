import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import type { ByteRange } from './encoding.ts';
import { frozen } from './frozen.ts';
import { LIMITS } from './limits.ts';
import { computeMac, MACS, macsEqual } from './mac.ts';
import type { KeyedAlgorithm, MacAlgorithm, SignatureAlgorithm } from './scheme.ts';

/** The signed content, piece after piece, without a gap. */
export type Chunks = readonly (string | Uint8Array)[];

/** What the signatures of an algorithm are like, and its keys. */
interface KeyedRow {
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  readonly hash: 'sha256' | null;
  readonly dsaEncoding: 'der' | 'ieee-p1363';
  readonly bytes: ByteRange;
}

const KEYED: Readonly<Record<KeyedAlgorithm, KeyedRow>> = frozen({
  'rsa-sha256': { keyType: 'rsa', hash: 'sha256', dsaEncoding: 'der', bytes: { min: 256, max: 1024 } },
  // Two integers of at most 33 bytes, each with two bytes before it, in a sequence with two more.
  'ecdsa-p256-sha256': { keyType: 'ec', hash: 'sha256', dsaEncoding: 'der', bytes: { min: 8, max: 72 } },
  es256: { keyType: 'ec', hash: 'sha256', dsaEncoding: 'ieee-p1363', bytes: { min: 64, max: 64 } },
  ed25519: { keyType: 'ed25519', hash: null, dsaEncoding: 'der', bytes: { min: 64, max: 64 } },
});

export function isMac(algorithm: SignatureAlgorithm): algorithm is MacAlgorithm {
  return algorithm in MACS;
}

/** How many bytes a signature of it has. */
export function signatureBytes(algorithm: SignatureAlgorithm): ByteRange {
  if (!isMac(algorithm)) return KEYED[algorithm].bytes;
  const { bytesCount } = MACS[algorithm];
  return { min: bytesCount, max: bytesCount };
}

/** Which of the signatures a secret (of an HMAC) or a public key (SPKI) made of these bytes. */
export function anySigned({ algorithm, secret, chunks, signatures }: SignedBy): boolean {
  let any = false;
  if (isMac(algorithm)) {
    const expected = computeMac({ algorithm, secret, chunks });
    // Every one is compared: the time tells nothing of which it was.
    for (const signature of signatures) any = macsEqual(expected, signature) || any;
    return any;
  }
  const key = publicKeyOf(algorithm, secret);
  if (key === null) return false;
  const bytes = joined(chunks);
  for (const signature of signatures) any = verifies({ algorithm, key, bytes, signature }) || any;
  return any;
}

export interface SignedBy {
  readonly algorithm: SignatureAlgorithm;
  readonly secret: Uint8Array;
  readonly chunks: Chunks;
  readonly signatures: readonly Uint8Array[];
}

/** The signature that a secret, or a private key (PKCS #8), makes of these bytes; `null` when the key is none. */
export function makeSignature({
  algorithm,
  secret,
  chunks,
}: Omit<SignedBy, 'signatures'>): Uint8Array | null {
  if (isMac(algorithm)) return computeMac({ algorithm, secret, chunks });
  const key = privateKeyOf(algorithm, secret);
  if (key === null) return null;
  const { hash, dsaEncoding } = KEYED[algorithm];
  return signBytes(hash, joined(chunks), { key, dsaEncoding });
}

/** A public key of that algorithm out of SPKI, or `null`; asked each time, since bytes can be anything. */
export function publicKeyOf(algorithm: KeyedAlgorithm, spki: Uint8Array): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return isOf(algorithm, key) ? key : null;
  } catch {
    return null;
  }
}

export function privateKeyOf(algorithm: KeyedAlgorithm, pkcs8: Uint8Array): KeyObject | null {
  try {
    const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    return isOf(algorithm, key) ? key : null;
  } catch {
    return null;
  }
}

/** The algorithm is the configuration's: a key of another kind, curve or of too few bits is none of it. */
export function isOf(algorithm: KeyedAlgorithm, key: KeyObject): boolean {
  const { keyType } = KEYED[algorithm];
  if (key.asymmetricKeyType !== keyType) return false;
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (keyType === 'rsa') return modulusLength >= LIMITS.rsaBitsMin && modulusLength <= LIMITS.rsaBitsMax;
  return keyType !== 'ec' || namedCurve === 'prime256v1';
}

interface KeyedSignature {
  readonly algorithm: KeyedAlgorithm;
  readonly key: KeyObject;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

function verifies({ algorithm, key, bytes, signature }: KeyedSignature): boolean {
  const { hash, dsaEncoding } = KEYED[algorithm];
  try {
    return verifyBytes(hash, bytes, { key, dsaEncoding }, signature);
  } catch {
    // Whatever OpenSSL makes of a hostile signature, it is none.
    return false;
  }
}

function joined(chunks: Chunks): Uint8Array {
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}
