import { type CustomTypesConfig, types } from 'pg';
import { Fault } from '#base';

// Only the text form of int8 is read otherwise than by the driver.
const getTypeParser: CustomTypesConfig['getTypeParser'] = (id, format): unknown =>
  id === types.builtins.INT8 && format !== 'binary' ? exact : types.getTypeParser(id, format);

/** How columns are read: as the driver does, with `bigint` as an exact number. */
export const columnTypes: CustomTypesConfig = Object.freeze({ getTypeParser });

/**
 * Checks the values of a statement before the driver sees them: it would store a `Secret` as its cover, an object as
 * whatever JSON it gives, `undefined` as null, and half a surrogate pair as another character.
 *
 * Admitted: null, text, numbers, bigints, booleans, `Uint8Array`, valid `Date`s and arrays of these; JSON as text.
 */
export function checkedValues(values: readonly unknown[]): unknown[] {
  for (const value of values) check(value, 0);
  return values.map((value) => (Array.isArray(value) ? listText(value) : value));
}

/** What an array literal escapes (https://www.postgresql.org/docs/18/arrays.html#ARRAYS-INPUT). */
const ESCAPED = /["\\]/;

/**
 * A list of texts, or of whole numbers, as an array literal; any other list is left to the driver, which escapes item by
 * item and was a fifteenth of a webhook's garbage.
 */
function listText(list: readonly unknown[]): unknown {
  if (list.length === 0 || !list.every(isTextOrNull))
    return list.every(Number.isSafeInteger) ? `{${list.join()}}` : list;
  return `{${list.map((item) => (item === null ? 'NULL' : `"${escaped(item)}"`)).join()}}`;
}

function escaped(text: string): string {
  return ESCAPED.test(text) ? text.replace(/["\\]/g, String.raw`\$&`) : text;
}

function isTextOrNull(value: unknown): value is string | null {
  return typeof value === 'string' || value === null;
}

function check(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
      // Text from outside may hold what Postgres can't: that is the caller's fault, not ours.
      if (value.includes('\0') || !value.isWellFormed()) {
        throw new Fault('INVALID_REQUEST', { detail: 'A text holds characters that can not be stored.' });
      }
      return;
    case 'boolean':
    case 'bigint':
      return;
    case 'number':
      if (Number.isNaN(value)) throw new TypeError('statement value: not a number');
      return;
    case 'object':
      if (value === null || value instanceof Uint8Array) return;
      if (value instanceof Date && !Number.isNaN(value.getTime())) return;
      if (Array.isArray(value) && depth === 0) {
        for (const item of value) check(item, depth + 1);
        return;
      }
      break;
    default:
  }
  throw new TypeError(
    'statement value: only null, text, numbers, booleans, bytes, dates and lists of these; JSON as text',
  );
}

function exact(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint column holds more than a number can');
  return value;
}
