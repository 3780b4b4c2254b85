import { EvidenceError } from './evidence-error.ts';
import { limits } from './limits.ts';

export type JsonValue = null | boolean | number | string | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export type JsonObject = { readonly [name: string]: JsonValue };

/**
 * Writes a JSON value in the one canonical way of RFC 8785: names sorted by UTF-16 code units, no white space,
 * numbers and escapes as ECMAScript writes them.
 * Throws `json-refused` for anything that is not JSON: non-finite numbers, lone surrogates, undefined, bigint,
 * objects with a class, holes in arrays, nesting beyond `limits.jsonDepthMax`.
 * @example canonicalJson({ b: 1, a: [1e21, '€'] }); // {"a":[1e+21,"€"],"b":1}
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, 0);
}

/** Reads JSON text; throws `json-refused` with no part of the text in the message. */
export function parseJson(text: string): JsonValue {
  const value = readJson(text);
  if (value === undefined) throw new EvidenceError('json-refused', 'not JSON');
  return value;
}

/** Reads JSON text; `undefined`, which JSON has no spelling for, when it is none. */
export function readJson(text: string): JsonValue | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isParsed(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is an object, neither null nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a JSON value is an array; the built-in guard loses the element type of read-only arrays. */
export function isJsonArray(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value);
}

/**
 * Whether a result of `JSON.parse` is JSON. What it gives is JSON all the way down (ECMA-262, section 25.5.1), so the
 * kind of the outermost value decides; looking further would recurse, and text nests deeper than the stack.
 */
function isParsed(value: unknown): value is JsonValue {
  return value === null || ['boolean', 'number', 'string', 'object'].includes(typeof value);
}

function write(value: JsonValue | undefined, depth: number): string {
  if (depth > limits.jsonDepthMax) throw new EvidenceError('json-refused', 'nested too deeply');
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return writeText(value);
  if (typeof value === 'number') return writeNumber(value);
  if (isJsonArray(value)) return writeArray(value, depth);
  if (isJsonObject(value)) return writeObject(value, depth);
  throw new EvidenceError('json-refused', `a value of type ${typeof value} is not JSON`);
}

function writeText(text: string): string {
  // JSON.stringify would write a lone surrogate as an escape; RFC 8785 section 3.2.2.2 refuses it.
  if (!text.isWellFormed()) throw new EvidenceError('json-refused', 'a lone surrogate');
  return JSON.stringify(text);
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new EvidenceError('json-refused', 'a number that is not finite');
  return JSON.stringify(value);
}

function writeArray(items: JsonArray, depth: number): string {
  // An index loop, since map would pass over holes.
  const parts: string[] = [];
  for (let index = 0; index < items.length; index++) parts.push(write(items[index], depth + 1));
  return `[${parts.join(',')}]`;
}

function writeObject(object: JsonObject, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new EvidenceError('json-refused', 'an object with a class');
  }
  // The default sort compares UTF-16 code units, as RFC 8785 section 3.2.3 asks.
  const names = Object.keys(object).sort();
  return `{${names.map((name) => `${writeText(name)}:${write(object[name], depth + 1)}`).join(',')}}`;
}
