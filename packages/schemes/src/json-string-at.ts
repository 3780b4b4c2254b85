import { isUtf8 } from 'node:buffer';

/**
 * The string at a path of member names in a JSON document's bytes, or `null`: not UTF-8, not an object, no such
 * member, not a string, or a member of that name twice (readers disagree on which one counts, RFC 8259 section 4).
 *
 * It looks for one string and builds nothing, in one pass without recursion: parsing the whole document costs
 * twice the HMAC of a 1 KiB body, this a fifth of it. It never throws, and it is no validator: bytes that aren't
 * JSON may yield a string, always the same one. Only signed bytes are given to it.
 */
export function jsonStringAt(bytes: Uint8Array, path: readonly string[]): string | null {
  // A decoder that replaces invalid bytes would make two different ids equal.
  if (!isUtf8(bytes)) return null;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let index = skipSpace(text, 0);
  for (const name of path) {
    index = memberOf(text, index, name);
    if (index < 0) return null;
  }
  if (path.length === 0 || text.charCodeAt(index) !== QUOTE) return null;
  const end = stringEnd(text, index);
  return end < 0 ? null : stringValue(text, index, end);
}

/** Where the value of the only member of that name starts, in the object that starts at `start`; else -1. */
function memberOf(text: string, start: number, name: string): number {
  if (text.charCodeAt(start) !== BRACE_OPEN) return -1;
  let found = -1;
  let depth = 0;
  let isNameNext = false;
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      const end = stringEnd(text, index);
      if (end < 0) return -1;
      if (depth === 1 && isNameNext) {
        isNameNext = false;
        if (isString(text, { start: index, end, wanted: name })) {
          if (found >= 0) return -1;
          found = valueStart(text, end + 1);
          if (found < 0) return -1;
        }
      }
      index = end;
    } else if (code === BRACE_OPEN || code === BRACKET_OPEN) {
      depth += 1;
      if (depth === 1) isNameNext = true;
    } else if (code === BRACE_CLOSE || code === BRACKET_CLOSE) {
      depth -= 1;
      if (depth === 0) return found;
    } else if (code === COMMA && depth === 1) {
      isNameNext = true;
    }
  }
  return -1;
}

/** The closing quote of the string that opens at `start`, or -1; every character is looked at twice at most. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return -1;
}

function isString(
  text: string,
  { start, end, wanted }: { start: number; end: number; wanted: string },
): boolean {
  if (end - start - 1 === wanted.length && text.startsWith(wanted, start + 1)) return true;
  // A name may be written with escapes: `"\u0069d"` is `id`. An escape never makes a text longer than its spelling.
  if (end - start - 1 <= wanted.length || end - start - 1 > wanted.length * 6) return false;
  return stringValue(text, start, end) === wanted;
}

/** What the string from quote to quote stands for, or `null`; `JSON.parse` of one short string is cheap. */
function stringValue(text: string, start: number, end: number): string | null {
  const inner = text.slice(start + 1, end);
  if (!inner.includes('\\')) return inner;
  try {
    const value: unknown = JSON.parse(text.slice(start, end + 1));
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

function valueStart(text: string, afterName: number): number {
  const colon = skipSpace(text, afterName);
  return text.charCodeAt(colon) === COLON ? skipSpace(text, colon + 1) : -1;
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (index < text.length && ' \t\n\r'.includes(text.charAt(index))) index += 1;
  return index;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
