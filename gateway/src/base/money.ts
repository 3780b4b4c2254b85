import { CURRENCIES } from './currencies.ts';
import { JsonNumber } from './json.ts';

/** Why something is no amount of money. `inexact`: whoever reads it as a float reads another amount. */
export type AmountProblem =
  | 'not-a-number'
  | 'not-positive'
  | 'too-many-decimals'
  | 'inexact'
  | 'out-of-range'
  | 'currency-unknown';

export type Amount =
  | { readonly ok: true; readonly minor: bigint }
  | { readonly ok: false; readonly reason: AmountProblem };

/**
 * How an amount is written: `minor`, a whole number of the smallest unit; `decimal`, a text such as "10.50"; or
 * `major-number`, a JSON number of the unit people speak of.
 */
export type AmountForm = 'minor' | 'decimal' | 'major-number';

// Of every currency what a signed 64-bit integer holds, in whole powers of ten; of a token as many whole units.
const MINOR_DIGITS_MAX = 18;
const WHOLE_DIGITS_MAX = 14;
const CHARACTERS_MAX = 64;
// A float ends before; no power of ten is computed of more.
const POWER_MAX = 400;

/**
 * Reads an amount as minor units, exactly. Numbers are taken from their text where it is at hand ({@link JsonNumber}).
 * In a text every decimal counts, since `10.000` is ten thousand to some; a JSON number has its value alone, `10.00` is 10.
 *
 * @example parseAmount({ value: '10.50', currency: 'USD', form: 'decimal' }) // { ok: true, minor: 1050n }
 */
export function parseAmount(given: { value: unknown; currency: string; form: AmountForm }): Amount {
  const exponent = CURRENCIES[given.currency];
  if (exponent === undefined) return refused('currency-unknown');
  return parseUnits({ ...given, exponent });
}

/** {@link parseAmount} for what is no currency of ISO 4217, such as a token of a chain: `exponent` decimals. */
export function parseUnits({
  value,
  exponent,
  form,
}: {
  value: unknown;
  exponent: number;
  form: AmountForm;
}): Amount {
  const text = textOfAmount(value, form);
  if (text === null) return refused('not-a-number');
  if (text.length > CHARACTERS_MAX) return refused('out-of-range');
  if (form === 'decimal') {
    const decimal = /^-?(?:0|[1-9]\d*)(?:\.(\d+))?$/.exec(text);
    if (decimal === null) return refused('not-a-number');
    if ((decimal[1] ?? '').length > exponent) return refused('too-many-decimals');
  }
  const amount = scaled(text, form === 'minor' ? 0 : exponent);
  return amount.ok && form !== 'decimal' && !isExact(text) ? refused('inexact') : amount;
}

function textOfAmount(value: unknown, form: AmountForm): string | null {
  if (form === 'decimal') return typeof value === 'string' ? value : null;
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A number's text times ten to the power of `exponent`, when that is whole. */
function scaled(text: string, exponent: number): Amount {
  const [, sign, whole = '', fraction = '', power = '0'] = NUMBER.exec(text) ?? [];
  const digits = `${whole}${fraction}`;
  if (digits === '') return refused('not-a-number');
  if (sign === '-' || /^0+$/.test(digits)) return refused('not-positive');
  if (Math.abs(Number(power)) > POWER_MAX)
    return refused(power.startsWith('-') ? 'too-many-decimals' : 'out-of-range');
  const shift = Number(power) - fraction.length + exponent;
  if (shift < 0 && /[1-9]/.test(digits.slice(shift))) return refused('too-many-decimals');
  const minor = shift < 0 ? BigInt(digits.slice(0, shift)) : BigInt(digits) * 10n ** BigInt(shift);
  const digitsMax = Math.max(MINOR_DIGITS_MAX, WHOLE_DIGITS_MAX + exponent);
  return minor < 10n ** BigInt(digitsMax) ? { ok: true, minor } : refused('out-of-range');
}

/** Tells whether the float that a text is read as stands for the same number in its shortest form. */
function isExact(text: string): boolean {
  return shortest(text) === shortest(String(Number(text)));
}

/** Significant digits and power of ten, the same for every way to write a number. */
function shortest(text: string): string {
  const [, , whole = '', fraction = '', power = '0'] = NUMBER.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return `${significant}e${Number(power) - fraction.length + digits.length - significant.length}`;
}

function refused(reason: AmountProblem): Amount {
  return { ok: false, reason };
}
