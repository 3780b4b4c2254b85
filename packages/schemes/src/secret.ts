import { createHash, createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isMac, isOf, privateKeyOf, publicKeyOf } from './algorithms.ts';
import { decodeBase64Text, decodeHex } from './encoding.ts';
import { schemeFault } from './fault.ts';
import { LIMITS } from './limits.ts';
import type { KeyedAlgorithm, Scheme, SchemeName, SecretForm } from './scheme.ts';
import { schemeOf } from './schemes.ts';

/** A secret in use; the id tells them apart during a rotation and is free to be logged, the bytes are not. */
export interface SchemeSecret {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a secret as the platform shows it: 16 to 1024 bytes after decoding. Of an asymmetric scheme, the SPKI of
 * the public key, out of PEM (`BEGIN PUBLIC KEY` or `BEGIN CERTIFICATE`).
 * Throws `SchemeFault` with `SECRET_TOO_SHORT`, `SECRET_MALFORMED`, `KEY_MALFORMED` or `SCHEME_UNKNOWN`.
 *
 * @example
 * const bytes = parseSecret('standard-webhooks', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
 */
export function parseSecret(scheme: SchemeName | Scheme, text: string): Uint8Array {
  const { algorithm, secret: form } = schemeOf(scheme);
  if (!isMac(algorithm)) return publicKeyBytes(algorithm, form, text);
  const bytes = PARSERS[form](text);
  if (bytes === null || bytes.length > LIMITS.secretBytesMax) throw schemeFault('SECRET_MALFORMED');
  // A digest is long enough whatever it is of.
  if (!isUsable(form === 'utf8-sha1' ? Buffer.from(text) : bytes)) throw schemeFault('SECRET_TOO_SHORT');
  return bytes;
}

/**
 * What `sign` signs with: the same as `parseSecret` where the secret is shared; of an asymmetric scheme, the PKCS #8 of
 * the private key, out of PEM (`BEGIN PRIVATE KEY`) or base64 after `whsk_`. Throws as `parseSecret` does.
 *
 * @example
 * const key = parseSigningSecret('wise', privateKeyPem);
 */
export function parseSigningSecret(scheme: SchemeName | Scheme, text: string): Uint8Array {
  const { algorithm, secret: form } = schemeOf(scheme);
  if (isMac(algorithm)) return parseSecret(scheme, text);
  const key =
    form === 'whpk-base64' && text.startsWith('whsk_') ? seedKey(text) : pemKey(text, 'PRIVATE KEY');
  if (key === null || !isOf(algorithm, key)) throw schemeFault('KEY_MALFORMED');
  return key.export({ format: 'der', type: 'pkcs8' });
}

/** Whether an HMAC under it can't be guessed. Checked when a secret is configured and again whenever one is used. */
export function isUsable(secret: Uint8Array): boolean {
  return secret.length >= LIMITS.secretBytesMin;
}

/**
 * Whether both sides have the same secret, so that whoever has it can sign as the platform does.
 *
 * @example
 * hasSharedSecret('stripe'); // true
 */
export function hasSharedSecret(scheme: SchemeName | Scheme): boolean {
  return isMac(schemeOf(scheme).algorithm);
}

/** The same for any scheme: a key has to be one of the algorithm's. */
export function isUsableTo(to: 'verify' | 'sign', { algorithm }: Scheme, secret: Uint8Array): boolean {
  if (isMac(algorithm)) return isUsable(secret);
  return (to === 'verify' ? publicKeyOf(algorithm, secret) : privateKeyOf(algorithm, secret)) !== null;
}

const PARSERS: Readonly<Record<SecretForm, (text: string) => Uint8Array | null>> = Object.freeze({
  utf8: parseUtf8,
  'whsec-base64': (text) => parsePrefixed(text, 'whsec_'),
  hex: (text) =>
    text === '' ? new Uint8Array(0) : decodeHex(text.toLowerCase(), { min: 1, max: LIMITS.secretBytesMax }),
  base64: (text) => (text === '' ? new Uint8Array(0) : decodeBase64Text(text)),
  'utf8-sha1': (text) => {
    const bytes = parseUtf8(text);
    return bytes === null ? null : createHash('sha1').update(bytes).digest();
  },
  // Those of asymmetric schemes, which never come here.
  'public-key': () => null,
  'whpk-base64': () => null,
});

/** White space at an end and control characters are what a file or a paste added; they never belong to a secret. */
export function parseUtf8(text: string): Uint8Array | null {
  if (text !== text.trim() || !text.isWellFormed() || /\p{Cc}/u.test(text)) return null;
  return new TextEncoder().encode(text);
}

function parsePrefixed(text: string, prefix: string): Uint8Array | null {
  if (!text.startsWith(prefix)) return null;
  const base64 = text.slice(prefix.length);
  return base64 === '' ? new Uint8Array(0) : decodeBase64Text(base64);
}

function publicKeyBytes(algorithm: KeyedAlgorithm, form: SecretForm, text: string): Uint8Array {
  const key =
    form === 'whpk-base64' && text.startsWith('whpk_')
      ? rawPublicKey(text)
      : (pemKey(text, 'PUBLIC KEY') ?? pemKey(text, 'CERTIFICATE'));
  if (key === null || !isOf(algorithm, key)) throw schemeFault('KEY_MALFORMED');
  return key.export({ format: 'der', type: 'spki' });
}

/** One block of that label and nothing else: of several, OpenSSL would take the first. */
export function pemKey(pem: string, label: 'PUBLIC KEY' | 'PRIVATE KEY' | 'CERTIFICATE'): KeyObject | null {
  const block = new RegExp(`^-----BEGIN ${label}-----\\s[A-Za-z0-9+/=\\s]+-----END ${label}-----\\s*$`);
  if (pem.length > LIMITS.pemCharactersMax || !block.test(pem)) return null;
  try {
    if (label === 'CERTIFICATE') return new X509Certificate(pem).publicKey;
    return label === 'PUBLIC KEY' ? createPublicKey(pem) : createPrivateKey(pem);
  } catch {
    return null;
  }
}

/** RFC 8410 section 4 and 7: what stands before the 32 bytes of an Ed25519 key in SPKI and in PKCS #8. */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function rawPublicKey(text: string): KeyObject | null {
  const raw = parsePrefixed(text, 'whpk_');
  return raw?.length === 32 ? publicKeyOf('ed25519', Buffer.concat([ED25519_SPKI, raw])) : null;
}

/** A seed, or a seed with the public key behind it, which then has to be its own. */
function seedKey(text: string): KeyObject | null {
  const raw = parsePrefixed(text, 'whsk_');
  if (raw === null || (raw.length !== 32 && raw.length !== 64)) return null;
  const key = privateKeyOf('ed25519', Buffer.concat([ED25519_PKCS8, raw.subarray(0, 32)]));
  if (key === null || raw.length === 32) return key;
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return spki.equals(Buffer.concat([ED25519_SPKI, raw.subarray(32)])) ? key : null;
}
