import {
  type Codes,
  codeOf,
  endOfRun,
  isAlphanumeric,
  isLower,
  isSpace,
  isUpper,
  MASKS,
  type Span,
  standsAt,
  toLower,
} from './redact-characters.ts';

const NAME_MAX = 64;
const WORD_MAX = 15;
const BACKSLASHES_MAX = 7;

/** Names of credentials; a name counts when it ends so, without regard to case, `_` and `-`. */
const credentialNames: readonly string[] = Object.freeze(
  'password passwd passphrase pwd secret secretkey privatekey accesskey apikey credential credentials checksumkey pepper cvv cvv2 cvc securitycode cardnumber'.split(
    ' ',
  ),
);
/** Names after which, in a sentence, a word may stand that is no credential: `token: expired`. */
const tokenNames: readonly string[] = Object.freeze(
  'token jwt authorization apisign otp sessionid'.split(' '),
);
const lineNames: readonly string[] = Object.freeze(['cookie']);
/** Names of query parameters that hold credentials although they are ordinary names elsewhere. */
const queryNames: ReadonlySet<string> = new Set(
  'key sig signature auth code sid session pass hmac'.split(' '),
);
/** Personal data by exact name. */
const personalNames: ReadonlySet<string> = new Set(
  'email emailaddress phone phonenumber mobile mobilenumber firstname lastname fullname holdername cardholder cardholdername documentnumber taxidnumber accountnumber enforceddocument birthdate dateofbirth iban street'.split(
    ' ',
  ),
);

/** By their last character: of most names none needs to be compared. */
const endings: ReadonlyMap<string | undefined, readonly (readonly [ending: string, of: FieldClass])[]> =
  Map.groupBy(
    [
      ...credentialNames.map((ending) => [ending, 'credential'] as const),
      ...tokenNames.map((ending) => [ending, 'token'] as const),
      ...lineNames.map((ending) => [ending, 'line'] as const),
    ],
    ([ending]) => ending.at(-1),
  );

const literals: ReadonlySet<string> = new Set(['true', 'false', 'null', 'undefined', ...MASKS]);
const closers: ReadonlySet<number> = new Set([...',;:.)}]'].map(codeOf));
const EQUALS = codeOf('=');
const COLON = codeOf(':');
const BACKSLASH = codeOf('\\');
const DOT = codeOf('.');
const PERCENT = codeOf('%');

export type FieldClass = 'credential' | 'token' | 'line' | 'query' | 'personal';

/**
 * What a field's name says of its value, or `null`.
 *
 * @example classOfField('X-Api-Key') // 'credential'
 */
export function classOfField(name: string, options: { inQuery?: boolean } = {}): FieldClass | null {
  const plain = name.slice(-NAME_MAX).toLowerCase().replaceAll(/[_-]/g, '');
  if (personalNames.has(plain)) return 'personal';
  const found = endings.get(plain.at(-1))?.find(([ending]) => plain.endsWith(ending));
  if (found !== undefined) return found[1];
  return options.inQuery === true && queryNames.has(plain) ? 'query' : null;
}

/** Finds values by the name before them: `password=…`, `"clientSecret": "…"`, `&access_token=…`, `Cookie: …`. */
export function findFields(codes: Codes): Span[] {
  const spans: Span[] = [];
  let index = 0;
  while (index < codes.length) {
    const width = separatorWidth(codes, index);
    const span = width === 0 ? null : fieldSpan(codes, { at: index, width });
    if (span !== null) spans.push(span);
    index = span?.end ?? index + Math.max(width, 1);
  }
  return spans;
}

/** Tells whether a part is a short word in lower case, as sentences have them: `expired`, `Tokens.` */
export function looksLikeWord(codes: Codes, part: { start: number; end: number }): boolean {
  let { start, end } = part;
  while (end > start && closers.has(codes[end - 1] ?? 0)) end--;
  if (end - start > WORD_MAX) return false;
  if (isUpper(codes[start])) start++;
  return endOfRun(codes, { from: start, to: end, test: isLower }) === end;
}

function separatorWidth(codes: Codes, at: number): number {
  const code = codes[at];
  if (code === EQUALS) return codes[at + 1] === codeOf('>') ? 2 : 1;
  if (code === COLON) return standsAt(codes, { at: at + 1, word: '//' }) ? 0 : 1;
  return code === PERCENT && standsAt(codes, { at, word: '%3d', anyCase: true }) ? 3 : 0;
}

function fieldSpan(codes: Codes, separator: { at: number; width: number }): Span | null {
  const name = nameBefore(codes, separator.at);
  if (name === null) return null;
  const kind = classOfField(name.text, { inQuery: name.inQuery });
  if (kind === null) return null;
  const value = valueAfter(codes, { from: separator.at + separator.width, line: kind === 'line' });
  const assigned = codes[separator.at] !== COLON || value.quoted;
  if (value.end === value.start || isLiteral(codes, value)) return null;
  if (kind === 'personal' && !assigned) return null;
  if (kind === 'token' && !assigned) {
    const credential = afterScheme(codes, value);
    if (looksLikeWord(codes, credential)) return null;
    return { ...credential, mask: '[secret]' };
  }
  return { start: value.start, end: value.end, mask: kind === 'personal' ? '[personal]' : '[secret]' };
}

function nameBefore(codes: Codes, at: number): { text: string; inQuery: boolean } | null {
  let end = at;
  for (let skipped = 0; skipped < 4 && isWrapping(codes[end - 1]); skipped++) end--;
  let start = end;
  let text = '';
  while (start > 0 && end - start < NAME_MAX && isName(codes[start - 1])) {
    start--;
    text = String.fromCharCode(toLower(codes[start] ?? 0)) + text;
  }
  const before = codes[start - 1];
  return text === '' ? null : { text, inQuery: before === codeOf('?') || before === codeOf('&') };
}

function valueAfter(
  codes: Codes,
  options: { from: number; line: boolean },
): { start: number; end: number; quoted: boolean } {
  let start = endOfRun(codes, { from: options.from, to: options.from + 8, test: isSpace });
  const slashes =
    endOfRun(codes, { from: start, to: start + BACKSLASHES_MAX, test: (code) => code === BACKSLASH }) - start;
  const quote = codes[start + slashes];
  if (quote !== undefined && isQuote(quote)) {
    start += slashes + 1;
    return { start, end: closingQuote(codes, { start, quote, slashes }), quoted: true };
  }
  if (options.line)
    return {
      start,
      end: endOfRun(codes, { from: start, test: (code) => code !== 10 && code !== 13 && !isQuote(code) }),
      quoted: false,
    };
  return { start, end: bareEnd(codes, start), quoted: false };
}

/** The end of a value without quotes: what closes a sentence or a bracket does not belong to it. */
function bareEnd(codes: Codes, start: number): number {
  let end = endOfRun(codes, { from: start, test: isBare });
  while (end > start && closers.has(codes[end - 1] ?? 0) && !isMaskEnd(codes, start, end)) end--;
  return end;
}

/** The quote that ends a value: the same one, behind no more backslashes than the one that began it. */
function closingQuote(codes: Codes, value: { start: number; quote: number; slashes: number }): number {
  let run = 0;
  for (let index = value.start; index < codes.length; index++) {
    if (codes[index] === BACKSLASH) run++;
    else {
      if (codes[index] === value.quote && run <= value.slashes) return index - run;
      run = 0;
    }
  }
  return codes.length;
}

/** What stands after `Bearer `, `Basic ` and the like; the whole value when there is no scheme. */
function afterScheme(codes: Codes, value: { start: number; end: number }): { start: number; end: number } {
  const end = endOfRun(codes, {
    from: value.start,
    to: value.end,
    test: (code) => isAlphanumeric(code) || code === 0x2d,
  });
  const next = endOfRun(codes, { from: end, to: end + 8, test: isSpace });
  if (end !== value.end || next === end || !looksLikeWord(codes, { start: value.start, end }))
    return { start: value.start, end: value.end };
  const stop = bareEnd(codes, next);
  return { start: next, end: isLiteral(codes, { start: next, end: stop }) ? next : stop };
}

function isLiteral(codes: Codes, part: { start: number; end: number }): boolean {
  if (part.end - part.start > 10) return false;
  let text = '';
  for (let index = part.start; index < part.end; index++) text += String.fromCharCode(codes[index] ?? 0);
  return literals.has(text);
}

function isMaskEnd(codes: Codes, start: number, end: number): boolean {
  return codes[end - 1] === codeOf(']') && isLiteral(codes, { start, end });
}

function isName(code: number | undefined): boolean {
  return code !== undefined && code !== DOT && (isAlphanumeric(code) || code === 0x5f || code === 0x2d);
}

function isWrapping(code: number | undefined): boolean {
  return code !== undefined && (code === 0x20 || code === BACKSLASH || isQuote(code));
}

function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27 || code === 0x60;
}

function isBare(code: number): boolean {
  return (
    !isSpace(code) &&
    !isQuote(code) &&
    code !== codeOf('&') &&
    code !== codeOf('<') &&
    code !== codeOf('>') &&
    code !== BACKSLASH
  );
}
