import type { Clock } from './clock.ts';
import { randomSource } from './random.ts';

/** Every kind of id and its prefix. `time` ids sort by creation; `random` ids can't be guessed from one another. */
export const ID_PREFIXES = Object.freeze({
  organization: { prefix: 'org', order: 'time' },
  environment: { prefix: 'env', order: 'time' },
  key: { prefix: 'key', order: 'time' },
  bearerToken: { prefix: 'btk', order: 'time' },
  connection: { prefix: 'con', order: 'time' },
  endpoint: { prefix: 'ep', order: 'random' },
  event: { prefix: 'evt', order: 'time' },
  destination: { prefix: 'dst', order: 'time' },
  delivery: { prefix: 'dlv', order: 'time' },
  batch: { prefix: 'bat', order: 'time' },
  attempt: { prefix: 'att', order: 'time' },
  replay: { prefix: 'rpl', order: 'time' },
  entry: { prefix: 'ent', order: 'time' },
  request: { prefix: 'req', order: 'time' },
  secret: { prefix: 'sec', order: 'time' },
  signer: { prefix: 'sgn', order: 'time' },
} as const);

export type IdKind = keyof typeof ID_PREFIXES;
type PrefixOf<Kind extends IdKind> = (typeof ID_PREFIXES)[Kind]['prefix'];

/** An id of one kind, such as `evt_01k9…`: the prefix, `_`, and 26 characters of Crockford's base 32. */
export type Id<Kind extends IdKind> = `${PrefixOf<Kind>}_${string}`;

export type OrganizationId = Id<'organization'>;
export type EnvironmentId = Id<'environment'>;
export type KeyId = Id<'key'>;
export type ConnectionId = Id<'connection'>;
export type EndpointId = Id<'endpoint'>;
export type EventId = Id<'event'>;
export type DestinationId = Id<'destination'>;
export type DeliveryId = Id<'delivery'>;
export type BatchId = Id<'batch'>;
export type ReplayId = Id<'replay'>;
export type SecretId = Id<'secret'>;
export type SignerId = Id<'signer'>;
export type RequestId = Id<'request'>;

/**
 * The log of what belongs to the whole installation and so to no environment, such as the making of an organization.
 * It has the form of an environment's id, of the first moment and without random bits, and is never one.
 */
export const INSTALLATION: EnvironmentId = 'env_00000000000000000000000000';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const BODY = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const BODY_LENGTH = 26;
const BODY_BYTES = 16;
const nextBody = randomSource(BODY_BYTES);

/**
 * Makes an id. A `time` id holds 48 bits of milliseconds and 80 random bits, a `random` id 128 random bits.
 *
 * @example newId('event', systemClock) // 'evt_01k9zq3v8m…'
 */
export function newId<Kind extends IdKind>(kind: Kind, clock: Clock): Id<Kind> {
  const { order } = ID_PREFIXES[kind];
  const bytes = nextBody();
  if (order === 'time') writeMilliseconds(bytes, clock.now());
  return formId(kind, bytes);
}

/** The id of a kind that its 16 bytes make. */
export function formId<Kind extends IdKind>(kind: Kind, bytes: Uint8Array): Id<Kind> {
  return `${ID_PREFIXES[kind].prefix as PrefixOf<Kind>}_${base32(bytes)}`;
}

/** Tells whether a value is an id of the kind named: exact prefix, exact alphabet, exact length. */
export function isId<Kind extends IdKind>(kind: Kind, value: unknown): value is Id<Kind> {
  const { prefix } = ID_PREFIXES[kind];
  return (
    typeof value === 'string' &&
    value.length === prefix.length + 1 + BODY_LENGTH &&
    value.startsWith(`${prefix}_`) &&
    BODY.test(value.slice(prefix.length + 1))
  );
}

/** Stands before every `time` id of a moment and behind all before it: for look-ups by time. No id is from before 1970. */
export function idFloor<Kind extends IdKind>(kind: Kind, ms: number): Id<Kind> {
  const bytes = new Uint8Array(BODY_BYTES);
  writeMilliseconds(bytes, Math.max(0, ms));
  return formId(kind, bytes);
}

/**
 * The moment that a `time` id holds, in milliseconds.
 *
 * @example idTimeMs(idFloor('event', 1_000)) // 1000
 */
export function idTimeMs(id: Id<IdKind>): number {
  let ms = 0;
  const start = id.indexOf('_') + 1;
  // 50 bits in ten characters, of which the first two are zero.
  for (const character of id.slice(start, start + 10)) ms = ms * 32 + ALPHABET.indexOf(character);
  return ms;
}

function writeMilliseconds(bytes: Uint8Array, ms: number): void {
  Buffer.from(bytes.buffer, bytes.byteOffset).writeUIntBE(ms, 0, 6);
}

function base32(bytes: Uint8Array): string {
  let text = '';
  let value = 0;
  let bits = 2; // 128 bits in 26 characters: two leading zero bits
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return text;
}
