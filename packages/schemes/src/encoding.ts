import type { SignatureEncoding } from './scheme.ts';

/**
 * The bytes that a signature's text stands for, or `null` unless the text is the one canonical way to write that many
 * bytes. Node's own decoders pass over stray characters and trailing junk, so the text is checked first, in characters
 * of the exact alphabet, and only then decoded (CVE-2023-50728).
 */
export function decodeSignature(text: string, { encoding, bytes }: SignatureShape): Uint8Array | null {
  switch (encoding) {
    case 'hex':
      return decodeHex(text, bytes);
    case 'hex-upper':
      return /[a-z]/.test(text) ? null : decodeHex(text.toLowerCase(), bytes);
    case 'hex-or-base64':
      return decodeHex(text, bytes) ?? sized(decodeBase64Text(text), bytes);
    case 'base64-of-hex-or-base64':
      return decodeBase64OfHex(text, bytes) ?? sized(decodeBase64Text(text), bytes);
    case 'base64url':
      return sized(decodeBase64Url(text), bytes);
    case 'base64':
      return sized(decodeBase64Text(text), bytes);
  }
}

export interface SignatureShape {
  readonly encoding: SignatureEncoding;
  readonly bytes: ByteRange;
}

/** Both inclusive; the same for a MAC. */
export interface ByteRange {
  readonly min: number;
  readonly max: number;
}

export function encodeMac(signature: Uint8Array, encoding: SignatureEncoding): string {
  const bytes = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength);
  switch (encoding) {
    case 'hex':
    case 'hex-or-base64':
      return bytes.toString('hex');
    case 'hex-upper':
      return bytes.toString('hex').toUpperCase();
    case 'base64-of-hex-or-base64':
      return Buffer.from(bytes.toString('hex'), 'latin1').toString('base64');
    case 'base64url':
      return bytes.toString('base64url');
    case 'base64':
      return bytes.toString('base64');
  }
}

/** Canonical base64 with padding (RFC 4648 section 4) of any length, or `null`. */
export function decodeBase64Text(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  // RFC 4648 section 3.5: padding bits that aren't zero would give one value several spellings.
  return bytes.toString('base64') === text ? bytes : null;
}

/** Canonical base64url without padding (RFC 7515 section 2) of any length, or `null`. */
export function decodeBase64Url(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

/** Lower-case hex of so many bytes, or `null`. */
export function decodeHex(text: string, { min, max }: ByteRange): Uint8Array | null {
  const bytesCount = text.length / 2;
  if (!Number.isInteger(bytesCount) || bytesCount < min || bytesCount > max) return null;
  const bytes = new Uint8Array(bytesCount);
  for (let index = 0; index < bytesCount; index += 1) {
    const high = hexDigit(text.charCodeAt(index * 2));
    const low = hexDigit(text.charCodeAt(index * 2 + 1));
    if (high < 0 || low < 0) return null;
    bytes[index] = high * 16 + low;
  }
  return bytes;
}

/** Lower case only: an upper-case digest would be a second spelling of the same MAC. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}

function decodeBase64OfHex(text: string, bytes: ByteRange): Uint8Array | null {
  const hex = decodeBase64Text(text);
  return hex === null ? null : decodeHex(Buffer.from(hex).toString('latin1'), bytes);
}

function sized(bytes: Uint8Array | null, { min, max }: ByteRange): Uint8Array | null {
  return bytes !== null && bytes.length >= min && bytes.length <= max ? bytes : null;
}

/** The same for a MAC, whose length is one. */
export function decodeMac(
  text: string,
  { encoding, bytesCount }: { readonly encoding: SignatureEncoding; readonly bytesCount: number },
): Uint8Array | null {
  return decodeSignature(text, { encoding, bytes: { min: bytesCount, max: bytesCount } });
}
