import { EvidenceError } from './evidence-error.ts';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, parseJson } from './json.ts';
import { limits } from './limits.ts';

/** One act in the log. `time` is ISO 8601 in UTC with milliseconds. */
export type Entry = {
  readonly version: 1;
  readonly id: string;
  readonly time: string;
  readonly environment: string;
  readonly action: string;
  readonly actor: Actor;
  readonly resource: string | null;
  readonly outcome: Outcome;
  readonly address: string | null;
  readonly agent: string | null;
  readonly request: string | null;
  readonly details: JsonObject;
};

/** Who acted. */
export type Actor = { readonly kind: ActorKind; readonly id: string | null };

export const actorKinds = Object.freeze(['key', 'person', 'system', 'platform', 'anonymous'] as const);
export const outcomes = Object.freeze(['success', 'refused', 'failure', 'intent'] as const);
export type ActorKind = (typeof actorKinds)[number];
export type Outcome = (typeof outcomes)[number];

const fieldNames = Object.freeze(
  // Sorted, so that one comparison finds both unknown and missing fields.
  'action actor address agent details environment id outcome request resource time version'.split(' '),
);

/**
 * Encodes an entry as the exact bytes that become a leaf of the log: canonical JSON (RFC 8785) in UTF-8.
 * Throws `entry-refused` for an entry that `parseEntry` would refuse, and `json-refused` for details that are not JSON.
 * @example const leaf = leafHash(encodeEntry(entry));
 */
export function encodeEntry(entry: Entry): Uint8Array {
  const text = canonicalJson(entry);
  readEntry(entry);
  return checkLength(Buffer.from(text, 'utf8'));
}

/**
 * Reads an entry from its exact bytes; the only accepted bytes are those `encodeEntry` writes.
 * Throws `entry-refused` or `json-refused`; no message contains any part of the entry.
 * @example parseEntry(encodeEntry(entry)).action;
 */
export function parseEntry(bytes: Uint8Array): Entry {
  checkLength(bytes);
  const text = decodeText(bytes);
  const value = parseJson(text);
  // Equality after writing again leaves no second spelling: repeated names, white space, 1.0 for 1, escapes.
  if (canonicalJson(value) !== text) throw refused('the JSON is not canonical');
  return readEntry(value);
}

function checkLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length > limits.entryBytesMax) throw refused(`longer than ${limits.entryBytesMax} bytes`);
  return bytes;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused('not UTF-8');
  }
}

function readEntry(value: JsonValue): Entry {
  if (!isJsonObject(value)) throw refused('not an object');
  checkNames(value, fieldNames, 'entry');
  const { version, details } = value;
  if (version !== 1) throw refused('version is not 1');
  if (!isJsonObject(details)) throw refused('details is not an object');
  return {
    version,
    id: readText(value, 'id'),
    time: readTime(value),
    environment: readText(value, 'environment'),
    action: readText(value, 'action'),
    actor: readActor(value['actor']),
    resource: readTextOrNull(value, 'resource'),
    outcome: readMember(value, 'outcome', outcomes),
    address: readTextOrNull(value, 'address'),
    agent: readTextOrNull(value, 'agent'),
    request: readTextOrNull(value, 'request'),
    details,
  };
}

function readActor(value: JsonValue | undefined): Actor {
  if (!isJsonObject(value)) throw refused('actor is not an object');
  checkNames(value, ['id', 'kind'], 'actor');
  return { kind: readMember(value, 'kind', actorKinds), id: readTextOrNull(value, 'id') };
}

function checkNames(object: JsonObject, names: readonly string[], label: string): void {
  if (Object.keys(object).sort().join(' ') !== names.join(' ')) {
    throw refused(`the fields of ${label} are not ${names.join(', ')}`);
  }
}

function readText(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value !== 'string' || value === '') throw refused(`${name} is not a text`);
  if (value.length > limits.entryTextCharactersMax) throw refused(`${name} is too long`);
  return value;
}

function readTextOrNull(object: JsonObject, name: string): string | null {
  return object[name] === null ? null : readText(object, name);
}

function readMember<Member extends string>(
  object: JsonObject,
  name: string,
  members: readonly Member[],
): Member {
  const member = members.find((candidate) => candidate === object[name]);
  if (member === undefined) throw refused(`${name} is none of ${members.join(', ')}`);
  return member;
}

function readTime(object: JsonObject): string {
  const time = readText(object, 'time');
  if (!isUtcTime(time)) throw refused('time is not ISO 8601 in UTC with milliseconds');
  return time;
}

/** Whether a text is a real point in time written as `2026-01-31T23:59:59.000Z`. */
export function isUtcTime(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text)) return false;
  const milliseconds = Date.parse(text);
  // Dates such as 30 February parse to another day; writing the time again shows it.
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === text;
}

function refused(message: string): EvidenceError {
  return new EvidenceError('entry-refused', message);
}
