import { decodeBase64Text } from '../encoding.ts';
import { LIMITS } from '../limits.ts';

/**
 * The members of a Structured Field dictionary (RFC 9651 section 3.2), or `null`. The part of the format that
 * signatures use: items and inner lists of integers, strings, tokens and byte sequences, with parameters. Only text
 * that a serializer would write is read (section 4.1): one spelling for each value. Unlike section 4.2 of that
 * document, where the last of two equal keys wins, a repeated key refuses the field: two readers could differ.
 *
 * @example
 * parseDictionary('sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:')?.get('sha-256');
 */
export function parseDictionary(text: string): ReadonlyMap<string, Member> | null {
  if (text.length > LIMITS.fieldCharactersMax) return null;
  const reader = { text, at: 0 };
  const members = new Map<string, Member>();
  do {
    const key = readKey(reader);
    if (key === null || members.has(key) || !take(reader, '=')) return null;
    const member = readMember(reader);
    if (member === null) return null;
    members.set(key, member);
  } while (take(reader, ', '));
  return reader.at === text.length ? members : null;
}

export type Member = Item | InnerList;

export interface Item {
  readonly kind: 'item';
  readonly value: Bare;
  readonly parameters: Parameters;
  /** As it stands in the field, parameters included. */
  readonly text: string;
}

export interface InnerList {
  readonly kind: 'inner-list';
  readonly items: readonly Item[];
  readonly parameters: Parameters;
  readonly text: string;
}

export type Parameters = ReadonlyMap<string, Bare>;

export type Bare =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'token'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array };

/** Where reading stands; each function below moves it on past what it has read, or answers `null`. */
interface Reader {
  readonly text: string;
  at: number;
}

function readMember(reader: Reader): Member | null {
  const start = reader.at;
  if (!take(reader, '(')) return readItem(reader);
  const items: Item[] = [];
  if (!take(reader, ')')) {
    do {
      const item = readItem(reader);
      if (item === null) return null;
      items.push(item);
    } while (take(reader, ' '));
    if (!take(reader, ')')) return null;
  }
  const parameters = readParameters(reader);
  if (parameters === null) return null;
  return { kind: 'inner-list', items, parameters, text: reader.text.slice(start, reader.at) };
}

function readItem(reader: Reader): Item | null {
  const start = reader.at;
  const value = readBare(reader);
  if (value === null) return null;
  const parameters = readParameters(reader);
  if (parameters === null) return null;
  return { kind: 'item', value, parameters, text: reader.text.slice(start, reader.at) };
}

function readParameters(reader: Reader): Parameters | null {
  const parameters = new Map<string, Bare>();
  while (take(reader, ';')) {
    const key = readKey(reader);
    if (key === null || parameters.has(key) || !take(reader, '=')) return null;
    const value = readBare(reader);
    if (value === null) return null;
    parameters.set(key, value);
  }
  return parameters;
}

function readBare(reader: Reader): Bare | null {
  const integer = match(reader, INTEGER);
  if (integer !== null) return { kind: 'integer', value: Number(integer) };
  const string = match(reader, STRING);
  if (string !== null) return { kind: 'string', value: string.slice(1, -1).replace(/\\(["\\])/g, '$1') };
  const bytes = match(reader, BYTES);
  if (bytes !== null) return readBytes(bytes.slice(1, -1));
  const token = match(reader, TOKEN);
  return token === null ? null : { kind: 'token', value: token };
}

function readBytes(base64: string): Bare | null {
  const value = base64 === '' ? new Uint8Array(0) : decodeBase64Text(base64);
  return value === null ? null : { kind: 'bytes', value };
}

function readKey(reader: Reader): string | null {
  return match(reader, KEY);
}

// Sticky, and no two ways through any of them: their time grows with what they read and not faster.
const KEY = /[a-z*][a-z0-9_.*-]*/y;
/** At most 15 digits; a decimal's dot is left unread and refuses the field. */
const INTEGER = /(?:0|-?[1-9][0-9]{0,14})(?![0-9])/y;
const STRING = /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y;
const BYTES = /:[A-Za-z0-9+/=]*:/y;
const TOKEN = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y;

function match(reader: Reader, pattern: RegExp): string | null {
  pattern.lastIndex = reader.at;
  const [found] = pattern.exec(reader.text) ?? [];
  if (found === undefined) return null;
  reader.at += found.length;
  return found;
}

function take(reader: Reader, expected: string): boolean {
  if (!reader.text.startsWith(expected, reader.at)) return false;
  reader.at += expected.length;
  return true;
}
