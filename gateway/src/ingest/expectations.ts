import { z } from 'zod';
import { JsonNumber } from '#base';
import { isTypePattern, matchesType } from './type-pattern.ts';

const plain = z.union([z.string().max(512), z.number(), z.boolean(), z.null()]);

/** What must stand at one place of an event's body: that a message is authentic doesn't make it the right one. */
export const expectationShape = z
  .strictObject({
    types: z.string().max(101).refine(isTypePattern, 'is not a type or the beginning of one').default('*'),
    path: z.array(z.string().min(1).max(100)).min(1).max(16),
    oneOf: z.array(plain).min(1).max(100).optional(),
    min: z.number().optional(),
    max: z.number().optional(),
  })
  .refine(({ oneOf, min, max }) => oneOf !== undefined || min !== undefined || max !== undefined, {
    error: 'names nothing that is expected: oneOf, min or max',
  });
export type Expectation = z.output<typeof expectationShape>;

/** Decimals of up to 15 digits, which a number holds exactly enough to compare; platforms write amounts as text, too. */
const DECIMAL = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/;
const DIGITS_MAX = 15;

/**
 * The first of the expectations that an event doesn't meet, as its number, or `null`. What isn't there meets none.
 *
 * @example unmetBy([{ types: '*', path: ['data', 'currency'], oneOf: ['EUR'] }], { type: null, value }); // 0
 */
export function unmetBy(
  expectations: readonly Expectation[],
  { type, value }: { readonly type: string | null; readonly value: unknown },
): number | null {
  const at = expectations.findIndex(
    (one) => matchesType(one.types, type) && !isMet(one, valueAt(value, one.path)),
  );
  return at < 0 ? null : at;
}

/** What stands at a place in JSON whose numbers were parsed exactly; `undefined` when nothing does. Elements of arrays are named by their number. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at: unknown = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || at instanceof JsonNumber || !Object.hasOwn(at, name))
      return undefined;
    at = Reflect.get(at, name);
  }
  return at;
}

function isMet({ oneOf, min, max }: Expectation, found: unknown): boolean {
  if (oneOf !== undefined && !oneOf.some((expected) => equals(expected, found))) return false;
  if (min === undefined && max === undefined) return true;
  const amount = numberOf(found);
  return amount !== null && (min === undefined || amount >= min) && (max === undefined || amount <= max);
}

function equals(expected: string | number | boolean | null, found: unknown): boolean {
  return found instanceof JsonNumber ? numberOf(found) === expected && expected !== null : found === expected;
}

/** A number that can be compared without having lost a digit, or `null`. */
function numberOf(found: unknown): number | null {
  const text = found instanceof JsonNumber ? found.text : found;
  if (typeof text !== 'string' || !DECIMAL.test(text)) return null;
  return text.replace(/[-.]/g, '').length <= DIGITS_MAX ? Number(text) : null;
}
