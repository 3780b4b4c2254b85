import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { schemeFault } from '../fault.ts';
import { LIMITS } from '../limits.ts';
import { isUsable, parseUtf8 } from '../secret.ts';

/** What a request is verified with. The algorithm is the key's: no message chooses it. */
export type RequestKey =
  | { readonly id: string; readonly algorithm: 'hmac-sha256'; readonly secret: Uint8Array }
  | { readonly id: string; readonly algorithm: PublicKeyAlgorithm; readonly publicKey: KeyObject };

/** What a request is signed with. */
export type RequestSigningKey =
  | { readonly algorithm: 'hmac-sha256'; readonly secret: Uint8Array }
  | { readonly algorithm: PublicKeyAlgorithm; readonly privateKey: KeyObject };

export type KeyAlgorithm = 'hmac-sha256' | PublicKeyAlgorithm;

export type PublicKeyAlgorithm = 'ed25519' | 'ml-dsa-65';

/**
 * The bytes of a shared secret, which are those of its text: 16 to 1024 of them, no white space around it.
 * Throws `SchemeFault` with `SECRET_TOO_SHORT` or `SECRET_MALFORMED`.
 *
 * @example
 * const key = { id: 'key_1', algorithm: 'hmac-sha256', secret: parseRequestSecret(text) } as const;
 */
export function parseRequestSecret(text: string): Uint8Array {
  const bytes = parseUtf8(text);
  if (bytes === null || bytes.length > LIMITS.secretBytesMax) throw schemeFault('SECRET_MALFORMED');
  if (!isUsable(bytes)) throw schemeFault('SECRET_TOO_SHORT');
  return bytes;
}

/**
 * A public key from its PEM (`BEGIN PUBLIC KEY`, RFC 5280; RFC 8410 for Ed25519, RFC 9881 for ML-DSA). A private key
 * in its place is refused, although a public one could be made of it. Throws `SchemeFault` with `KEY_MALFORMED`.
 *
 * @example
 * const publicKey = parsePublicKey({ algorithm: 'ed25519', pem });
 */
export function parsePublicKey({ algorithm, pem }: PemKey): KeyObject {
  return parsed({ algorithm, pem }, { label: 'PUBLIC KEY', read: createPublicKey });
}

/**
 * A private key from its PEM (`BEGIN PRIVATE KEY`, PKCS #8, not encrypted). Throws `SchemeFault` with `KEY_MALFORMED`.
 *
 * @example
 * const privateKey = parsePrivateKey({ algorithm: 'ml-dsa-65', pem });
 */
export function parsePrivateKey({ algorithm, pem }: PemKey): KeyObject {
  return parsed({ algorithm, pem }, { label: 'PRIVATE KEY', read: createPrivateKey });
}

export interface PemKey {
  readonly algorithm: PublicKeyAlgorithm;
  readonly pem: string;
}

/** Checked again at every use: what untyped code hands in may be of another kind than it says. */
export function isUsableKey(key: RequestKey | RequestSigningKey): boolean {
  if (key.algorithm === 'hmac-sha256') return isUsable(key.secret);
  const object = 'publicKey' in key ? key.publicKey : key.privateKey;
  return object.type === ('publicKey' in key ? 'public' : 'private') && isOf(key.algorithm, object);
}

interface PemForm {
  readonly label: 'PUBLIC KEY' | 'PRIVATE KEY';
  readonly read: (pem: string) => KeyObject;
}

function parsed({ algorithm, pem }: PemKey, { label, read }: PemForm): KeyObject {
  // One block and nothing else: of several, OpenSSL would take the first.
  const block = new RegExp(`^-----BEGIN ${label}-----\\s[A-Za-z0-9+/=\\s]+-----END ${label}-----\\s*$`);
  if (pem.length > LIMITS.pemCharactersMax || !block.test(pem)) throw schemeFault('KEY_MALFORMED');
  const object = readOrNull(pem, read);
  if (object === null || !isOf(algorithm, object)) throw schemeFault('KEY_MALFORMED');
  return object;
}

function readOrNull(pem: string, read: (pem: string) => KeyObject): KeyObject | null {
  try {
    return read(pem);
  } catch {
    // OpenSSL's sentence says less than ours, and could quote what it was given.
    return null;
  }
}

function isOf(algorithm: PublicKeyAlgorithm, { asymmetricKeyType }: KeyObject): boolean {
  return asymmetricKeyType === algorithm;
}
