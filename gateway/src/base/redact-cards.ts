import { type Codes, codeOf, isDigit, isGroupSeparator, type Span } from './redact-characters.ts';

const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
const ZERO = codeOf('0');

/** Digits with at most one separator between two of them: the digits, and where each stands. */
interface DigitRun {
  readonly digits: readonly number[];
  readonly places: readonly number[];
  readonly groups: readonly number[];
  readonly end: number;
}

/**
 * Finds card numbers (ISO/IEC 7812): 13 to 19 digits with a right check digit, also in groups and also with other
 * digits around them. A number that stands alone needs only a plausible first digit; one inside a longer run of digits
 * must begin like a number of a known network. Milliseconds since 1970, which begin with 1, are none.
 */
export function findCards(codes: Codes): Span[] {
  const spans: Span[] = [];
  let index = 0;
  while (index < codes.length) {
    if (!isDigit(codes[index])) {
      index++;
      continue;
    }
    const run = digitRun(codes, index);
    if (run.digits.length >= DIGITS_MIN) findInRun(run, spans);
    index = run.end;
  }
  return spans;
}

/** Tells whether the digits pass the check of ISO/IEC 7812-1 annex B (Luhn). */
export function passesLuhn(digits: readonly number[]): boolean {
  let sum = 0;
  digits.forEach((digit, index) => {
    const doubled = (digits.length - index) % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  });
  return sum % 10 === 0;
}

function digitRun(codes: Codes, start: number): DigitRun {
  const digits: number[] = [];
  const places: number[] = [];
  const groups: number[] = [0];
  let index = start;
  for (;;) {
    const code = codes[index];
    if (code !== undefined && isDigit(code)) {
      digits.push(code - ZERO);
      places.push(index);
      groups[groups.length - 1] = (groups.at(-1) ?? 0) + 1;
      index++;
    } else if (isGroupSeparator(code) && isDigit(codes[index + 1])) {
      groups.push(0);
      index++;
    } else return { digits, places, groups, end: index };
  }
}

function findInRun(run: DigitRun, spans: Span[]): void {
  const { digits, places } = run;
  if (standsAlone(run) && passesLuhn(digits)) {
    spans.push(cardSpan(places, 0, digits.length));
    return;
  }
  let start = 0;
  while (start + DIGITS_MIN <= digits.length) {
    const length = networkLength(digits, start);
    if (length === 0) start++;
    else {
      spans.push(cardSpan(places, start, length));
      start += length;
    }
  }
}

function cardSpan(places: readonly number[], start: number, length: number): Span {
  return { start: places[start] ?? 0, end: (places[start + length - 1] ?? 0) + 1, mask: '[card]' };
}

function standsAlone({ digits, groups }: DigitRun): boolean {
  const length = digits.length;
  if (length > DIGITS_MAX) return false;
  if (groups.length > 1 && !/^4,4,4,4(,[1-3])?$/.test(groups.join())) return false;
  const first = digits[0] ?? 0;
  if (first === 1) return length === 15;
  if (first === 3) return length >= 14;
  return first >= 4 && first <= 6 ? true : first !== 0 && length >= 16;
}

/** The length of the longest card number of a known network that begins here, or 0. */
function networkLength(digits: readonly number[], start: number): number {
  const head = [0, 1, 2, 3].reduce((sum, index) => sum * 10 + (digits[start + index] ?? 0), 0);
  for (const length of lengthsOf(head)) {
    if (start + length <= digits.length && passesLuhn(digits.slice(start, start + length))) return length;
  }
  return 0;
}

const LONG = Object.freeze([19, 18, 17, 16]);
const networks: readonly { from: number; to: number; lengths: readonly number[] }[] = Object.freeze([
  { from: 2200, to: 2204, lengths: LONG }, // Mir
  { from: 2221, to: 2720, lengths: [16] }, // Mastercard
  { from: 3000, to: 3059, lengths: [16, 14] }, // Diners Club
  { from: 3400, to: 3499, lengths: [15] }, // American Express
  { from: 3528, to: 3589, lengths: LONG }, // JCB
  { from: 3600, to: 3699, lengths: [16, 14] }, // Diners Club
  { from: 3700, to: 3799, lengths: [15] }, // American Express
  { from: 3800, to: 3999, lengths: [16, 14] }, // Diners Club
  { from: 4000, to: 4999, lengths: [19, 16, 13] }, // Visa
  { from: 5000, to: 5099, lengths: [19, 18, 16] }, // Maestro, Elo
  { from: 5100, to: 5599, lengths: [16] }, // Mastercard
  { from: 5600, to: 5899, lengths: [19, 18, 16] }, // Maestro
  { from: 6000, to: 6999, lengths: LONG }, // Discover, UnionPay, Maestro, RuPay, Elo
  { from: 8100, to: 8299, lengths: [16] }, // RuPay
  { from: 9792, to: 9792, lengths: [16] }, // Troy
]);

function lengthsOf(head: number): readonly number[] {
  return networks.find(({ from, to }) => head >= from && head <= to)?.lengths ?? [];
}
