import { isUtf8 } from 'node:buffer';

/**
 * The string at a path of member names in a JSON document's bytes, or `null`: not UTF-8, not an object, no such
 * member, not a string, or a member of that name twice (readers disagree on which one counts, RFC 8259 section 4).
 *
 * It looks for one string and builds nothing, in one pass over the bytes without recursion: parsing the whole
 * document took twice the time of the HMAC over a 1 KiB body, this under half of it. It never throws, and it is no
 * validator: bytes that aren't JSON may yield a string, always the same one. Only signed bytes are given to it.
 */
export function jsonStringAt(bytes: Uint8Array, path: readonly string[]): string | null {
  // A decoder that replaces invalid bytes would make two different ids equal.
  if (path.length === 0 || !isUtf8(bytes)) return null;
  let index = skipSpace(bytes, 0);
  for (const name of path) {
    index = memberOf(bytes, index, name);
    if (index < 0) return null;
  }
  if (bytes[index] !== QUOTE) return null;
  const end = stringEnd(bytes, index);
  return end < 0 ? null : stringValue(bytes, index, end);
}

/** Where the value of the only member of that name starts, in the object that starts at `start`; else -1. */
function memberOf(bytes: Uint8Array, start: number, name: string): number {
  if (bytes[start] !== BRACE_OPEN) return -1;
  const length = bytes.length;
  let found = -1;
  let depth = 0;
  let isNameNext = false;
  for (let index = start; index < length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      const end = stringEnd(bytes, index);
      if (end < 0) return -1;
      if (isNameNext && depth === 1) {
        isNameNext = false;
        if (isString(bytes, { start: index, end, wanted: name })) {
          if (found >= 0) return -1;
          found = valueStart(bytes, end + 1);
          if (found < 0) return -1;
        }
      }
      index = end;
    } else if (byte === COMMA) {
      if (depth === 1) isNameNext = true;
    } else if (byte !== undefined && byte >= BRACKET_OPEN) {
      // Braces are brackets with one more bit, and no other byte becomes one by it.
      const opener = byte | 0x20;
      if (opener === BRACE_OPEN) {
        depth += 1;
        if (depth === 1) isNameNext = true;
      } else if (opener === BRACE_CLOSE) {
        depth -= 1;
        if (depth === 0) return found;
      }
    }
  }
  return -1;
}

/** The closing quote of the string that opens at `start`, or -1. */
function stringEnd(bytes: Uint8Array, start: number): number {
  const length = bytes.length;
  for (let index = start + 1; index < length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) return index;
    if (byte === BACKSLASH) index += 1;
  }
  return -1;
}

function isString(
  bytes: Uint8Array,
  { start, end, wanted }: { start: number; end: number; wanted: string },
): boolean {
  const length = end - start - 1;
  // A name may be written with escapes: `"\u0069d"` is `id`. None is longer than 6 bytes per character.
  if (length < wanted.length || length > wanted.length * 6) return false;
  for (let index = 0; index < length; index += 1) {
    const byte = bytes[start + 1 + index] ?? BACKSLASH;
    if (byte === BACKSLASH || byte >= 0x80) return stringValue(bytes, start, end) === wanted;
    if (byte !== wanted.charCodeAt(index)) return false;
  }
  return true;
}

/** What the string from quote to quote stands for, or `null`; `JSON.parse` of one short string is cheap. */
function stringValue(bytes: Uint8Array, start: number, end: number): string | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start + 1).toString('utf8');
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

function valueStart(bytes: Uint8Array, afterName: number): number {
  const colon = skipSpace(bytes, afterName);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : -1;
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let index = start;
  while (isSpace(bytes[index])) index += 1;
  return index;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
