import { type Codes, codeOf, endOfRun, isDigit, isSpace, type Span, standsAt } from './redact-characters.ts';

const AT = codeOf('@');
const COLON = codeOf(':');
const enders: ReadonlySet<number> = new Set([...'"\'`<>'].map(codeOf));
const pathStarts: ReadonlySet<number> = new Set([...'/?#\\'].map(codeOf));

/**
 * Finds the user part of addresses (RFC 3986 section 3.2.1): `postgres://name:password@host`. A password with `/`, `?`
 * or `#` in it, which makes the address invalid, is found as well: it is invalid addresses that errors quote.
 */
export function findUserParts(codes: Codes): Span[] {
  const spans: Span[] = [];
  const isAddress = (code: number) => !isSpace(code) && !enders.has(code);
  let index = 0;
  let address = { end: 0, lastAt: -1 };
  while (index < codes.length) {
    if (codes[index] !== COLON || !standsAt(codes, { at: index, word: '://' })) {
      index++;
      continue;
    }
    const start = index + 3;
    if (start >= address.end)
      address = addressFrom(codes, endOfRun(codes, { from: start, test: isAddress }), start);
    const end = userPartEnd(codes, { start, ...address });
    if (end !== null) spans.push({ start, end, mask: '[secret]' });
    index = end ?? start;
  }
  return spans;
}

function addressFrom(codes: Codes, end: number, start: number): { end: number; lastAt: number } {
  let lastAt = end - 1;
  while (lastAt >= start && codes[lastAt] !== AT) lastAt--;
  return { end, lastAt };
}

function userPartEnd(codes: Codes, address: { start: number; end: number; lastAt: number }): number | null {
  const { start, end, lastAt } = address;
  if (lastAt <= start) return null;
  let colon: number | null = null;
  let found: number | null = null;
  for (let index = start; index < end && !pathStarts.has(codes[index] ?? 0); index++) {
    if (codes[index] === AT) found = index;
    if (codes[index] === COLON) colon ??= index;
  }
  if (found !== null || colon === null) return found;
  const port = endOfRun(codes, { from: colon + 1, to: end, test: isDigit });
  const isPort = port === end || (port > colon + 1 && pathStarts.has(codes[port] ?? 0));
  return isPort ? null : lastAt;
}
