import {
  type AmountProblem,
  CURRENCIES,
  isExternalId,
  JsonNumber,
  parseAmount,
  parseUnits,
  sanitizeText,
} from '#base';
import type { FieldShape } from './request-shape.ts';

/** An object of parsed JSON, its numbers as they were written. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  );
}

const TEXT_CHARACTERS_MAX = 255;
const ADDRESS_CHARACTERS_MAX = 2_048;
// No token that is traded has more.
const TOKEN_DECIMALS = 18;

const AMOUNTS: Readonly<Record<AmountProblem, string>> = Object.freeze({
  'not-a-number': 'must be a number',
  'not-positive': 'must be more than zero',
  'too-many-decimals': 'has more decimals than its currency',
  inexact: 'has more digits than every reader keeps',
  'out-of-range': 'is too large',
  'currency-unknown': 'is of no known currency',
});

/** A field's shape without those that hold others. */
export type PlainShape = Exclude<FieldShape, { is: 'list' | 'object' }>;

/** What is wrong with a value, or `null`. `among` is the object that it is a field of. Names no value. */
export function fieldProblem(shape: PlainShape, value: unknown, among: JsonObject): string | null {
  if (shape.is === 'amount') return amountProblem(value, among[shape.currencyField]);
  if (shape.is === 'boolean') return typeof value === 'boolean' ? null : 'must be true or false';
  if (shape.is === 'text-or-object' && isJsonObject(value)) return null;
  if (typeof value !== 'string') return 'must be a text';
  if (shape.is === 'one-of')
    return shape.values.includes(value) ? null : `must be one of ${shape.values.join(', ')}`;
  const charactersMax = shape.is === 'web-address' ? ADDRESS_CHARACTERS_MAX : TEXT_CHARACTERS_MAX;
  if (value.length > charactersMax) return `must have at most ${charactersMax} characters`;
  // Never changed on its way: what was agreed with a payer would not be what is paid.
  if (sanitizeText(value, { charactersMax }) !== value) return UNCLEAN;
  const { holds, problem } = TEXTS[shape.is];
  return holds(value) ? null : problem;
}

const UNCLEAN =
  'must be free of angle brackets, script addresses, line breaks, invisible characters and white space around it';

type TextShape = Exclude<PlainShape['is'], 'amount' | 'boolean' | 'one-of'>;

const TEXTS: Readonly<Record<TextShape, { holds: (text: string) => boolean; problem: string }>> =
  Object.freeze({
    text: { holds: (text: string) => text !== '', problem: 'must not be empty' },
    'text-or-object': { holds: () => true, problem: '' },
    id: { holds: matches(/^[\x21-\x7e]{1,128}$/), problem: 'must be an id: visible ASCII without spaces' },
    'external-id': { holds: isExternalId, problem: 'must be of letters, digits, underscores and dashes' },
    symbol: {
      holds: matches(/^[A-Z][A-Z0-9]{1,11}$/),
      problem: 'must be the code of a currency, such as CLP',
    },
    email: { holds: matches(/^[^\s@]{1,64}@[^\s@]{1,190}$/), problem: 'must be an e-mail address' },
    phone: { holds: isPhone, problem: 'must be a telephone number with + and country' },
    date: { holds: isDate, problem: 'must be a date of ISO 8601' },
    'web-address': {
      holds: isWebAddress,
      problem: 'must be an address with http or https and no credentials',
    },
  });

function matches(pattern: RegExp): (text: string) => boolean {
  return (text) => pattern.test(text);
}

/** ITU-T E.164 has fifteen digits at most; people group them. */
function isPhone(text: string): boolean {
  return /^\+[1-9][0-9 ().-]*$/.test(text) && /^\d{7,15}$/.test(text.replace(/[^0-9]/g, ''));
}

function isDate(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** Of a currency that isn't said or that is a token, an amount has at most as many decimals as any token. */
function amountProblem(value: unknown, currency: unknown): string | null {
  const amount =
    typeof currency === 'string' && CURRENCIES[currency] !== undefined
      ? parseAmount({ value, currency, form: 'major-number' })
      : parseUnits({ value, exponent: TOKEN_DECIMALS, form: 'major-number' });
  return amount.ok ? null : AMOUNTS[amount.reason];
}
