import { schemeFault } from './fault.ts';
import { LIMITS } from './limits.ts';

/**
 * Reads a configuration that came as JSON: each member is asked for by name, and a member that nobody has asked for, or
 * one of another shape, is a `SchemeFault` that names the place and the rule, never the value.
 */
export function configurationReader(value: unknown): { root(names: readonly string[]): Fields } {
  return { root: (names) => fieldsOf(value, '', names) };
}

/** The members of one object. */
export interface Fields {
  has(name: string): boolean;
  fields(name: string, names: readonly string[]): Fields;
  /** One of the values; the first where the member isn't there. */
  oneOf<Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value;
  /** False where it isn't there. */
  flag(name: string): boolean;
  headerName(name: string): string;
  /** A key or version: letters and digits. */
  key(name: string): string;
  /** A fixed text. */
  literal(name: string): string;
  whole(name: string, range: { readonly min: number; readonly max: number }): number;
  list<Item>(name: string, max: number, read: (entry: Entry) => Item): readonly Item[];
  /** Of the members that may be there, these alone. */
  only(names: readonly string[]): void;
  refuse(name: string, rule: string): never;
}

/** One entry of a list. */
export interface Entry {
  readonly value: unknown;
  fields(names: readonly string[]): Fields;
  among<Value extends string>(values: readonly Value[]): Value;
  /** The name of a member. */
  name(): string;
  /** A place in a list. */
  place(): number;
  list<Item>(max: number, read: (entry: Entry) => Item): readonly Item[];
}

function fieldsOf(value: unknown, path: string, names: readonly string[]): Fields {
  if (!isObject(value)) refuse(path, 'must be an object');
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const present = Object.keys(value).filter((name) => value[name] !== undefined);
  for (const name of present) if (!names.includes(name)) refuse(path, 'has a member that there is not');
  const own = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);
  const matching = (name: string, pattern: RegExp, rule: string): string => {
    const text = own(name);
    return typeof text === 'string' && pattern.test(text) ? text : refuse(at(name), rule);
  };
  return {
    has: (name) => own(name) !== undefined,
    fields: (name, inner) => fieldsOf(own(name), at(name), inner),
    oneOf: (name, values) => (own(name) === undefined ? values[0] : among(own(name), at(name), values)),
    flag: (name) => {
      const flag = own(name) ?? false;
      return typeof flag === 'boolean' ? flag : refuse(at(name), 'must be true or false');
    },
    // RFC 9110 section 5.1; none that names the connection or the body.
    headerName: (name) => {
      const text = matching(
        name,
        /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/,
        'must be a header name of at most 64 characters',
      );
      return RESERVED.has(text.toLowerCase())
        ? refuse(at(name), 'must not be a header of HTTP itself')
        : text;
    },
    key: (name) =>
      matching(name, /^[A-Za-z][A-Za-z0-9]{0,15}$/, 'must be a letter and up to 15 letters and digits'),
    literal: (name) =>
      matching(
        name,
        LITERAL,
        `must be 1 to ${LIMITS.literalCharactersMax} ASCII characters, line feeds included`,
      ),
    whole: (name, { min, max }) => {
      const number = own(name);
      return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max
        ? number
        : refuse(at(name), `must be a whole number from ${min} to ${max}`);
    },
    list: (name, max, read) => listOf(own(name), at(name), { max, read }),
    only: (allowed) => {
      for (const name of present)
        if (!allowed.includes(name)) refuse(at(name), 'does not belong to this kind');
    },
    refuse: (name, rule) => refuse(at(name), rule),
  };
}

function entryOf(value: unknown, path: string): Entry {
  return {
    value,
    fields: (names) => fieldsOf(value, path, names),
    among: (values) => among(value, path, values),
    name: () =>
      typeof value === 'string' && /^[\x20-\x7e]{1,64}$/.test(value)
        ? value
        : refuse(path, 'must be 1 to 64 visible ASCII characters'),
    place: () =>
      typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= PLACE_MAX
        ? value
        : refuse(path, `must be a whole number from 0 to ${PLACE_MAX}`),
    list: (max, read) => listOf(value, path, { max, read }),
  };
}

interface ListRule<Item> {
  readonly max: number;
  readonly read: (entry: Entry) => Item;
}

function listOf<Item>(value: unknown, path: string, { max, read }: ListRule<Item>): readonly Item[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > max)
    refuse(path, `must be a list of 1 to ${max}`);
  return value.map((item: unknown, index) => read(entryOf(item, `${path}[${index}]`)));
}

function among<Value extends string>(value: unknown, path: string, values: readonly Value[]): Value {
  const found = values.find((each) => each === value);
  return found ?? refuse(path, `must be one of: ${values.map((each) => `"${each}"`).join(', ')}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(path: string, rule: string): never {
  throw schemeFault('CONFIGURATION_INVALID', `${path === '' ? 'It' : path} ${rule}.`);
}

const LITERAL = new RegExp(`^[\\x20-\\x7e\\n]{1,${LIMITS.literalCharactersMax}}$`);
const PLACE_MAX = 999;

const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'transfer-encoding',
]);
