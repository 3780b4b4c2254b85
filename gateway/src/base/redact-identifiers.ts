import { ID_PREFIXES } from './ids.ts';
import { type Codes, isAlphanumeric, isDigit, isHex, isLower } from './redact-characters.ts';

const ID_BODY = 26;
const OWN_ID = /^[a-z]{2,4}_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const DIGEST_LENGTHS: ReadonlySet<number> = new Set([32, 40, 64, 96, 128]);
const DIGEST_LETTERS_MIN = 4;
const UUID_DASHES: readonly number[] = [8, 13, 18, 23];
const UUID_LENGTH = 36;
const HYPHEN = 0x2d;
const UNDERSCORE = 0x5f;
const prefixes: ReadonlySet<string> = new Set(Object.values(ID_PREFIXES).map((row) => row.prefix));

/**
 * The text with our ids, UUIDs and hexadecimal digests blanked out: what they hold by chance is no card, phone or
 * account number, and a log without its ids is of no use.
 */
export function withoutIdentifiers(codes: Codes): Uint16Array {
  const out = Uint16Array.from(codes);
  let index = 0;
  while (index < out.length) {
    if (!isAlphanumeric(out[index])) {
      index++;
      continue;
    }
    const start = index;
    while (index < out.length && isAlphanumeric(out[index])) index++;
    if (isDigest(out, start, index) || isOwnBody(out, start, index)) out.fill(0, start, index);
    else if (isUuid(out, start)) {
      index = start + UUID_LENGTH;
      out.fill(0, start, index);
    }
  }
  return out;
}

/** Tells whether a text is one id of ours and nothing else; most fields of a log line are. */
export function isOwnId(text: string): boolean {
  const body = text.length - ID_BODY;
  return body > 1 && prefixes.has(text.slice(0, body - 1)) && OWN_ID.test(text);
}

function isDigest(codes: Uint16Array, start: number, end: number): boolean {
  if (!DIGEST_LENGTHS.has(end - start)) return false;
  let letters = 0;
  for (let index = start; index < end; index++) {
    if (!isHex(codes[index])) return false;
    if (!isDigit(codes[index])) letters++;
  }
  return letters >= DIGEST_LETTERS_MIN;
}

function isOwnBody(codes: Uint16Array, start: number, end: number): boolean {
  if (end - start !== ID_BODY || codes[start - 1] !== UNDERSCORE) return false;
  let from = start - 1;
  while (from > 0 && start - from <= 4 && isLower(codes[from - 1])) from--;
  return prefixes.has(String.fromCharCode(...codes.subarray(from, start - 1)));
}

function isUuid(codes: Uint16Array, start: number): boolean {
  if (start + UUID_LENGTH > codes.length || isAlphanumeric(codes[start + UUID_LENGTH])) return false;
  for (let index = 0; index < UUID_LENGTH; index++) {
    const code = codes[start + index];
    if (UUID_DASHES.includes(index) ? code !== HYPHEN : !isHex(code)) return false;
  }
  return true;
}
