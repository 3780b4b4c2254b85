import type { MacEncoding } from './scheme.ts';

/**
 * The bytes that a MAC's text stands for, or `null` unless the text is the one canonical way to write exactly
 * `bytesCount` bytes. Node's own decoders pass over stray characters and trailing junk, so the text is checked
 * first, in characters of the exact alphabet, and only then decoded (CVE-2023-50728).
 */
export function decodeMac(text: string, { encoding, bytesCount }: MacShape): Uint8Array | null {
  return encoding === 'hex' ? decodeHex(text, bytesCount) : decodeBase64(text, bytesCount);
}

export interface MacShape {
  readonly encoding: MacEncoding;
  readonly bytesCount: number;
}

export function encodeMac(mac: Uint8Array, encoding: MacEncoding): string {
  return Buffer.from(mac.buffer, mac.byteOffset, mac.byteLength).toString(encoding);
}

/** Canonical base64 with padding (RFC 4648 section 4) of any length, or `null`. */
export function decodeBase64Text(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  // RFC 4648 section 3.5: padding bits that aren't zero would give one value several spellings.
  return bytes.toString('base64') === text ? bytes : null;
}

function decodeHex(text: string, bytesCount: number): Uint8Array | null {
  if (text.length !== bytesCount * 2) return null;
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

function decodeBase64(text: string, bytesCount: number): Uint8Array | null {
  if (text.length !== Math.ceil(bytesCount / 3) * 4) return null;
  const bytes = decodeBase64Text(text);
  return bytes?.length === bytesCount ? bytes : null;
}
