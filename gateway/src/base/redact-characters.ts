/** The UTF-16 code units of a text. Scanners read it by index, so that a test can count how often they do. */
export type Codes = ArrayLike<number>;

/** A part of a text, `end` not included, and what is shown in its place. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly mask: Mask;
}

/** What is shown in place of what is hidden. */
export type Mask = '[secret]' | '[card]' | '[email]' | '[phone]' | '[iban]' | '[personal]';
export const MASKS: readonly Mask[] = Object.freeze([
  '[secret]',
  '[card]',
  '[email]',
  '[phone]',
  '[iban]',
  '[personal]',
]);

const DIGIT = 1;
const LOWER = 2;
const UPPER = 4;
const HEX_LETTER = 8;
const SPACE = 16;

const classes = Uint8Array.from({ length: 128 }, (_, code) => classOf(String.fromCharCode(code)));

export function isDigit(code: number | undefined): boolean {
  return has(code, DIGIT);
}

export function isLetter(code: number | undefined): boolean {
  return has(code, LOWER | UPPER);
}

export function isLower(code: number | undefined): boolean {
  return has(code, LOWER);
}

export function isUpper(code: number | undefined): boolean {
  return has(code, UPPER);
}

export function isAlphanumeric(code: number | undefined): boolean {
  return has(code, LOWER | UPPER | DIGIT);
}

export function isHex(code: number | undefined): boolean {
  return has(code, DIGIT | HEX_LETTER);
}

/** Blanks, tabs, line ends, and the no-break spaces that documents put between groups of digits. */
export function isSpace(code: number | undefined): boolean {
  return has(code, SPACE) || code === 0xa0 || code === 0x202f || code === 0x2009;
}

/** A space or one of the dashes: what stands between groups of digits. */
export function isGroupSeparator(code: number | undefined): boolean {
  return (
    code === 0x20 ||
    code === 0x2d ||
    code === 0xa0 ||
    code === 0x202f ||
    (code !== undefined && code >= 0x2009 && code <= 0x2015)
  );
}

/** The lower-case form of an ASCII letter; everything else as it is. */
export function toLower(code: number): number {
  return isUpper(code) ? code + 32 : code;
}

/** The code unit of a one-character text. */
export function codeOf(character: string): number {
  return character.charCodeAt(0);
}

/** The code units of a text. */
export function codesOf(text: string): Uint16Array {
  const codes = new Uint16Array(text.length);
  for (let index = 0; index < text.length; index++) codes[index] = text.charCodeAt(index);
  return codes;
}

/** Tells whether a word stands at a place; `word` is lower case and letter case is not regarded when `anyCase`. */
export function standsAt(codes: Codes, place: { at: number; word: string; anyCase?: boolean }): boolean {
  const { at, word, anyCase = false } = place;
  if (at < 0 || at + word.length > codes.length) return false;
  for (let index = 0; index < word.length; index++) {
    const code = codes[at + index] ?? 0;
    if ((anyCase ? toLower(code) : code) !== word.charCodeAt(index)) return false;
  }
  return true;
}

/** The first place from `from` on where the test fails, at most `to`. */
export function endOfRun(
  codes: Codes,
  run: { from: number; to?: number; test: (code: number) => boolean },
): number {
  const to = Math.min(run.to ?? codes.length, codes.length);
  let index = run.from;
  while (index < to && run.test(codes[index] ?? 0)) index++;
  return index;
}

function has(code: number | undefined, flags: number): boolean {
  return code !== undefined && code < 128 && ((classes[code] ?? 0) & flags) !== 0;
}

function classOf(character: string): number {
  let flags = 0;
  if (character >= '0' && character <= '9') flags |= DIGIT;
  if (character >= 'a' && character <= 'z') flags |= LOWER;
  if (character >= 'A' && character <= 'Z') flags |= UPPER;
  if ((character >= 'a' && character <= 'f') || (character >= 'A' && character <= 'F')) flags |= HEX_LETTER;
  if (character === ' ' || character === '\t' || character === '\n' || character === '\r') flags |= SPACE;
  return flags;
}
