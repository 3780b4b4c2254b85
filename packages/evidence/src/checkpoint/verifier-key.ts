import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { EvidenceError } from '../evidence-error.ts';

/** A public key with the name it signs under. `keyId` is 8 lower-case hexadecimal characters. */
export type VerifierKey = { readonly name: string; readonly keyId: string; readonly publicKey: KeyObject };

export type VerifierKeyRefusal = 'malformed' | 'name' | 'unknown-algorithm' | 'key-id';

// C2SP signed-note, "Signature types".
const ed25519Type = 0x01;
const ed25519KeyBytes = 32;

/**
 * Writes a verifier key as text, `name+keyid+base64(type || key)` (C2SP signed-note, as in golang.org/x/mod/sumdb/note).
 * `key` is an Ed25519 key, private or public; throws `key-refused` otherwise.
 * @example encodeVerifierKey({ name: 'sallyport/env_1', key }); // sallyport/env_1+1f0a93c2+AQ…
 */
export function encodeVerifierKey(options: { readonly name: string; readonly key: KeyObject }): string {
  if (!isKeyName(options.name)) throw new EvidenceError('key-refused', 'the name of the key is not allowed');
  const encoded = Buffer.concat([Buffer.of(ed25519Type), rawPublicKey(options.key)]);
  return `${options.name}+${keyIdOf(options.name, encoded)}+${encodeBase64(encoded)}`;
}

/**
 * Reads a verifier key; never throws.
 * @example const key = parseVerifierKey(text); if (key.ok) key.name;
 */
export function parseVerifierKey(
  text: string,
): ({ readonly ok: true } & VerifierKey) | { readonly ok: false; readonly reason: VerifierKeyRefusal } {
  // The base64 may contain a plus itself, the name may not.
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text);
  const [, name, keyId, base64] = match ?? [];
  if (name === undefined || keyId === undefined || base64 === undefined)
    return { ok: false, reason: 'malformed' };
  if (!isKeyName(name)) return { ok: false, reason: 'name' };
  const encoded = decodeBase64(base64);
  if (encoded === null) return { ok: false, reason: 'malformed' };
  if (encoded[0] !== ed25519Type) return { ok: false, reason: 'unknown-algorithm' };
  if (encoded.length !== 1 + ed25519KeyBytes) return { ok: false, reason: 'malformed' };
  if (keyIdOf(name, encoded) !== keyId) return { ok: false, reason: 'key-id' };
  const x = Buffer.from(encoded.subarray(1)).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return { ok: true, name, keyId, publicKey };
}

/** Whether a text may name a key: no white space, no plus, no control character (C2SP signed-note, "Format"). */
export function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^[^\s+\p{Cc}]+$/u.test(name);
}

/** The key id under which an Ed25519 key signs: SHA-256(name || 0x0A || type || key)[:4]. */
export function keyIdFor(name: string, key: KeyObject): string {
  return keyIdOf(name, Buffer.concat([Buffer.of(ed25519Type), rawPublicKey(key)]));
}

function keyIdOf(name: string, encoded: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), encoded]), 'hex').slice(0, 8);
}

function rawPublicKey(key: KeyObject): Uint8Array {
  if (key.asymmetricKeyType !== 'ed25519') throw new EvidenceError('key-refused', 'not an Ed25519 key');
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (x === undefined) throw new EvidenceError('key-refused', 'not an Ed25519 key');
  return Buffer.from(x, 'base64url');
}
