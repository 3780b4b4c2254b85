import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseRange, printRange } from './address-ranges.ts';
import { Secret } from './secret.ts';

/** A value as it was found: one text, or the items of a list in the file. */
export type RawValue = string | readonly string[];

/** What a parser makes of a value. Problems never repeat the value: it may be a secret in the wrong place. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

export interface ParseContext {
  /** Where relative paths begin: the folder of the file, or of the process for variables. */
  readonly folder: string;
}

/** Turns a raw value into a setting's value. `kind` says what it accepts, for people. */
export interface Parser<T> {
  readonly kind: string;
  readonly parse: (raw: RawValue, context: ParseContext) => Parsed<T>;
}

const ITEMS_MAX = 256;
const TEXT_MAX = 4_096;
const LABELS = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** A whole number within bounds, in decimal digits. */
export function wholeNumber(min: number, max: number): Parser<number> {
  return single(`whole number, ${min} to ${max}`, (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max
      ? good(number)
      : bad(`must be a whole number from ${min} to ${max}`);
  });
}

/** One of some words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Parser<Word> {
  return single(words.join(' or '), (text) => {
    const word = words.find((candidate) => candidate === text);
    return word === undefined ? bad(`must be one of: ${words.join(', ')}`) : good(word);
  });
}

/** A path, made absolute. */
export const path: Parser<string> = single('path', (text, { folder }) =>
  text.includes('\0') ? bad('must be a path') : good(resolve(folder, text)),
);

/** A host name or an IP address to listen on. */
export const host: Parser<string> = single('host', (text) =>
  isIP(text) !== 0 || LABELS.test(text.toLowerCase())
    ? good(text)
    : bad('must be a host name or an IP address'),
);

/** `https://host[:port]`, nothing after it. */
export const origin: Parser<string> = single('address', (text) => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    return bad('must be an address such as https://gateway.example');
  if (url.username !== '' || url.password !== '') return bad('must not hold a user name or a password');
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '';
  return isBare ? good(url.origin) : bad('must be an address without a path, query or fragment');
});

/** Hosts with or without a port: `gateway.internal`, `10.0.0.7:8443`, `[fd00::1]:443`. */
export const hosts: Parser<readonly string[]> = list('hosts, each with or without a port', (item) => {
  const [, bracketed, plain, port] =
    /^(?:\[([0-9a-f:.]+)\]|([^[\]:]+))(?::(\d{1,5}))?$/.exec(item.toLowerCase()) ?? [];
  const isHost = bracketed === undefined ? plain !== undefined && LABELS.test(plain) : isIP(bracketed) === 6;
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  return isHost && isPort
    ? good(item.toLowerCase())
    : bad('must be host or host:port, IPv6 addresses in brackets');
});

/** Address ranges in CIDR notation; an address alone is a range of one. */
export const ranges: Parser<readonly string[]> = list('address ranges (CIDR)', (item) => {
  const range = parseRange(item);
  return range === null
    ? bad('must be an address, or a network such as 10.0.0.0/8 or fd00::/8 with no bit set behind its length')
    : good(printRange(range));
});

/** The address of a Postgres database, which holds a password. */
export const databaseUrl: Parser<Secret> = single('postgres:// address', (text) => {
  const url = URL.parse(text);
  return url !== null && /^postgres(ql)?:$/.test(url.protocol)
    ? good(Secret.fromText(text))
    : bad('must be an address such as postgres://user:password@host:5432/database');
});

/** The address of a Redis or Valkey, which may hold a password: `rediss://user:password@host:6379/0`. */
export const redisUrl: Parser<Secret> = single('redis:// or rediss:// address', (text) => {
  const url = URL.parse(text);
  const isServer = url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '';
  const isPlain = url?.search === '' && url.hash === '' && /^(?:\/\d{0,5})?$/.test(url.pathname);
  return isServer && isPlain && isDecodable(url.username) && isDecodable(url.password)
    ? good(Secret.fromText(text))
    : bad('must be an address such as rediss://user:password@host:6379 without a query');
});

/** A credential of any shape. */
export const credential: Parser<Secret> = single('secret', (text) => good(Secret.fromText(text)));

function single<T>(kind: string, parse: (text: string, context: ParseContext) => Parsed<T>): Parser<T> {
  return Object.freeze({
    kind,
    parse(raw: RawValue, context: ParseContext): Parsed<T> {
      if (typeof raw !== 'string') return bad('must be one value, not a list');
      return raw.length > TEXT_MAX
        ? bad(`must not be longer than ${TEXT_MAX} characters`)
        : parse(raw, context);
    },
  });
}

function list(kind: string, parse: (item: string) => Parsed<string>): Parser<readonly string[]> {
  return Object.freeze({
    kind: `list of ${kind}`,
    parse(raw: RawValue): Parsed<readonly string[]> {
      const items = (typeof raw === 'string' ? raw.split(',') : raw)
        .map((item) => item.trim())
        .filter((item) => item !== '');
      if (items.length > ITEMS_MAX) return bad(`must not have more than ${ITEMS_MAX} items`);
      const values: string[] = [];
      for (const [index, item] of items.entries()) {
        const parsed = item.length > TEXT_MAX ? bad('is too long') : parse(item);
        if (!parsed.ok) return bad(`item ${index + 1} ${parsed.problem}`);
        values.push(parsed.value);
      }
      return good(Object.freeze(values));
    },
  });
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

function bad(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
