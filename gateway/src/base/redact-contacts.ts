import {
  type Codes,
  codeOf,
  endOfRun,
  isAlphanumeric,
  isDigit,
  isGroupSeparator,
  isLetter,
  type Span,
  standsAt,
} from './redact-characters.ts';

const LOCAL_MAX = 64; // RFC 5321 section 4.5.3.1.1
const DOMAIN_MAX = 255; // RFC 5321 section 4.5.3.1.2
const PHONE_DIGITS_MIN = 8;
const PHONE_DIGITS_MAX = 15; // ITU-T E.164 section 6.2
const AT = codeOf('@');
const DOT = codeOf('.');
const HYPHEN = codeOf('-');
const QUOTE = codeOf('"');
const PERCENT = codeOf('%');
const PLUS = codeOf('+');
const ZERO = codeOf('0');
const LOCAL_SYMBOLS: ReadonlySet<number> = new Set([..."!#$%&'*+-/=?^_`{|}~."].map(codeOf));
const NUMBER_SYMBOLS: ReadonlySet<number> = new Set([...'._-:/,+%'].map(codeOf));
const PHONE_SYMBOLS: ReadonlySet<number> = new Set([...'()./'].map(codeOf));

/**
 * Finds e-mail addresses: a local part, `@` (or `%40`), and a domain with a dot and a label that begins with letters.
 * `except` are places of an `@` that is something else.
 */
export function findEmails(codes: Codes, options: { except?: ReadonlySet<number> } = {}): Span[] {
  const spans: Span[] = [];
  let floor = 0;
  for (let index = 0; index < codes.length; index++) {
    const width = atSignWidth(codes, index);
    if (width === 0 || options.except?.has(index) === true) continue;
    const start = localStart(codes, index, floor);
    const end = domainEnd(codes, index + width);
    if (start === index || end === null) continue;
    spans.push({ start, end, mask: '[email]' });
    floor = end;
    index = end - 1;
  }
  return spans;
}

/**
 * Finds telephone numbers in international form: `+` (or `%2B`, or `00` where no number or word goes before it) and 8
 * to 15 digits, in groups or not.
 */
export function findPhones(codes: Codes): Span[] {
  const spans: Span[] = [];
  let index = 0;
  while (index < codes.length) {
    const end = phoneEnd(codes, index);
    if (end === null) index++;
    else {
      spans.push({ start: index, end, mask: '[phone]' });
      index = end;
    }
  }
  return spans;
}

function localStart(codes: Codes, at: number, floor: number): number {
  const lowest = Math.max(floor, at - LOCAL_MAX);
  let start = at;
  if (codes[at - 1] === QUOTE) {
    start = at - 2;
    while (start > lowest && codes[start] !== QUOTE) start--;
    return start >= lowest && codes[start] === QUOTE ? start : at;
  }
  while (start > lowest && isLocal(codes[start - 1])) start--;
  return start;
}

function isLocal(code: number | undefined): boolean {
  return code !== undefined && (isAlphanumeric(code) || code >= 0x80 || LOCAL_SYMBOLS.has(code));
}

function domainEnd(codes: Codes, from: number): number | null {
  const isDomain = (code: number) => isAlphanumeric(code) || code >= 0x80 || code === DOT || code === HYPHEN;
  const end = endOfRun(codes, { from, to: from + DOMAIN_MAX, test: isDomain });
  const isVersion = isDigit(codes[from]) && standsDotDigit(codes, from);
  if (end === from || codes[from] === DOT || isVersion) return null;
  for (let index = from + 1; index + 2 < end; index++) {
    if (codes[index] === DOT && isWordy(codes[index + 1]) && isWordy(codes[index + 2])) return end;
  }
  return null;
}

/** `name@4.10.2` names a version of a package. */
function standsDotDigit(codes: Codes, from: number): boolean {
  const dot = endOfRun(codes, { from, to: from + 8, test: isDigit });
  return codes[dot] === DOT && isDigit(codes[dot + 1]);
}

function isWordy(code: number | undefined): boolean {
  return code !== undefined && (isLetter(code) || code >= 0x80);
}

function phoneEnd(codes: Codes, start: number): number | null {
  const from = startOfNumber(codes, start);
  if (from === null || !isDigit(codes[from]) || codes[from] === codeOf('0')) return null;
  let digits = 0;
  let end = from;
  let index = from;
  while (index < codes.length) {
    if (isDigit(codes[index])) {
      if (digits === PHONE_DIGITS_MAX && index !== end) break;
      digits++;
      end = ++index;
    } else if (index - end < 2 && isPhoneSeparator(codes[index])) index++;
    else break;
  }
  return digits >= PHONE_DIGITS_MIN ? end : null;
}

function atSignWidth(codes: Codes, at: number): number {
  if (codes[at] === AT) return 1;
  return codes[at] === PERCENT && standsAt(codes, { at, word: '%40' }) ? 3 : 0;
}

function startOfNumber(codes: Codes, start: number): number | null {
  const first = codes[start];
  if (first === PLUS) return isPhoneSeparator(codes[start + 1]) ? start + 2 : start + 1;
  if (first === PERCENT) return standsAt(codes, { at: start, word: '%2b', anyCase: true }) ? start + 3 : null;
  if (first !== ZERO || codes[start + 1] !== ZERO) return null;
  const before = codes[start - 1];
  return before !== undefined && (isAlphanumeric(before) || NUMBER_SYMBOLS.has(before)) ? null : start + 2;
}

function isPhoneSeparator(code: number | undefined): boolean {
  return code !== undefined && (isGroupSeparator(code) || PHONE_SYMBOLS.has(code));
}
