import { decodeBase64Text } from './encoding.ts';
import { schemeFault } from './fault.ts';
import { LIMITS } from './limits.ts';
import type { SchemeName, SecretForm } from './scheme.ts';
import { schemeNamed } from './schemes.ts';

/** A secret in use; the id tells them apart during a rotation and is free to be logged, the bytes are not. */
export interface SchemeSecret {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a secret as the platform shows it: 16 to 1024 bytes after decoding.
 * Throws `SchemeFault` with `SECRET_TOO_SHORT`, `SECRET_MALFORMED` or `SCHEME_UNKNOWN`.
 *
 * @example
 * const bytes = parseSecret('standard-webhooks', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
 */
export function parseSecret(scheme: SchemeName, text: string): Uint8Array {
  const bytes = PARSERS[schemeNamed(scheme).secret](text);
  if (bytes === null || bytes.length > LIMITS.secretBytesMax) throw schemeFault('SECRET_MALFORMED');
  if (!isUsable(bytes)) throw schemeFault('SECRET_TOO_SHORT');
  return bytes;
}

/** Checked when a secret is configured and again whenever one is used. */
export function isUsable(secret: Uint8Array): boolean {
  return secret.length >= LIMITS.secretBytesMin;
}

const PARSERS: Readonly<Record<SecretForm, (text: string) => Uint8Array | null>> = Object.freeze({
  utf8: parseUtf8,
  'whsec-base64': parseWhsec,
});

/** White space at an end and control characters are what a file or a paste added; they never belong to a secret. */
export function parseUtf8(text: string): Uint8Array | null {
  if (text !== text.trim() || !text.isWellFormed() || /\p{Cc}/u.test(text)) return null;
  return new TextEncoder().encode(text);
}

function parseWhsec(text: string): Uint8Array | null {
  if (!text.startsWith('whsec_')) return null;
  const base64 = text.slice('whsec_'.length);
  return base64 === '' ? new Uint8Array(0) : decodeBase64Text(base64);
}
