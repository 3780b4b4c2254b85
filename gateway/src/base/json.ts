import { textOf } from './bytes.ts';
import { Fault } from './fault.ts';

/** A number of a JSON document as it was written: `10.00`, `1e3` and `9007199254740993` keep every digit. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const JSON_DEPTH_MAX = 32;
const JSON_VALUES_MAX = 10_000;

// Exactly this type: what one reader takes for JSON and another doesn't has bypassed validation elsewhere.
const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;

/** Tells whether a `Content-Type` says JSON, in the one way that every reader understands alike. */
export function isJsonType(contentType: string | undefined): boolean {
  return contentType !== undefined && JSON_TYPE.test(contentType);
}

/**
 * Parses JSON that has one reading only: UTF-8 without a byte order mark, no member named twice (the first counts for one
 * parser, the last for another) or `__proto__`, no half of a surrogate pair, bounded in depth and in values.
 *
 * Throws `MALFORMED_BODY`, whose text quotes nothing.
 *
 * @example parseJson(utf8('{"amount":5}')) // { amount: 5 }
 */
export function parseJson(bytes: Uint8Array): unknown {
  return parsed(bytes, (text) => JSON.parse(text));
}

/**
 * The same with each number as a {@link JsonNumber}, for money, which must not pass through a float.
 *
 * @example parseJsonExactly(utf8('[10.00]')) // [JsonNumber { text: '10.00' }]
 */
export function parseJsonExactly(bytes: Uint8Array): unknown {
  return parsed(bytes, (text) => JSON.parse(text, exactly));
}

/** The third argument is the source of a primitive: ECMAScript 2026, not yet in TypeScript's own declaration. */
function exactly(_name: string, value: unknown, ...rest: unknown[]): unknown {
  if (typeof value !== 'number') return value;
  const [context] = rest;
  if (typeof context === 'object' && context !== null && 'source' in context) {
    if (typeof context.source === 'string') return new JsonNumber(context.source);
  }
  throw new TypeError('json: the runtime gives no source text');
}

function parsed(bytes: Uint8Array, parse: (text: string) => unknown): unknown {
  let problem: string | null = null;
  try {
    const text = textOf(bytes);
    problem = problemOf(text);
    if (problem === null) return parse(text);
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError || isNotUtf8(thrown))) throw thrown;
    // Without its cause, whose message quotes the body.
  }
  throw new Fault('MALFORMED_BODY', problem === null ? {} : { detail: problem });
}

function isNotUtf8(thrown: unknown): boolean {
  return (
    thrown instanceof TypeError && 'code' in thrown && thrown.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
  );
}

/**
 * What the structure of a JSON text breaks, in one pass and before any value is made; `null` when it breaks nothing.
 * Of a text that isn't JSON it may say anything: the parser refuses that afterwards.
 */
function problemOf(text: string): string | null {
  /** The names of each object that is open; `null` for an array. */
  const open: (Set<string> | null)[] = [];
  let values = 1;
  let nameIsNext = false;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
      case '[':
        nameIsNext = text[at] === '{';
        open.push(nameIsNext ? new Set() : null);
        values += 1;
        if (open.length > JSON_DEPTH_MAX) return `It is nested deeper than ${JSON_DEPTH_MAX}.`;
        break;
      case '}':
      case ']':
        open.pop();
        nameIsNext = false;
        break;
      case ',':
        nameIsNext = open.at(-1) instanceof Set;
        values += 1;
        break;
      case '"': {
        const end = endOfString(text, at);
        const problem = stringProblem(text.slice(at, end), nameIsNext ? open.at(-1) : null);
        if (problem !== null) return problem;
        nameIsNext = false;
        at = end - 1;
        break;
      }
      default:
    }
    if (values > JSON_VALUES_MAX) return `It holds more than ${JSON_VALUES_MAX} values.`;
  }
  return null;
}

/** Where the text goes on after the string that begins at `start`: behind a quotation mark that no backslash escapes. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}

/** `names` are those of the object that the string is a name in. */
function stringProblem(quoted: string, names: Set<string> | null | undefined): string | null {
  const isEscaped = quoted.includes('\\');
  if (!isEscaped && !names) return null;
  const string: unknown = isEscaped ? JSON.parse(quoted) : quoted.slice(1, -1);
  if (typeof string !== 'string') return null;
  if (!string.isWellFormed()) return 'A text holds half of a surrogate pair.';
  if (!names) return null;
  if (string === '__proto__') return 'A name is reserved.';
  if (names.has(string)) return 'A name is repeated within one object.';
  names.add(string);
  return null;
}
