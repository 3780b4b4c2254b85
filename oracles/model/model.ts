/**
 * A scheme written a second time, from the platform's page, with `openssl` for its MACs and without a line of
 * `packages/schemes`: what both say alike was not copied from one to the other.
 */
export interface Model {
  readonly scheme: string;
  /** The page that it was written from. */
  readonly source: string;
  /** The secret in force, the one before, and one that was never configured. */
  readonly keys: Keys;
  readonly body: Buffer;
  /** Whether any bytes are a legal body, or only what the scheme can read. */
  readonly bodyIsOpaque: boolean;
  /** Whether the signature depends on the body. */
  readonly bodyIsSigned: boolean;
  readonly time: ModelTime | null;
  /** The names of the headers that have to be there, once each. */
  readonly headers: {
    readonly signature: string | null;
    readonly id: string | null;
    readonly timestamp: string | null;
    /** The text that ends an id in what is signed, and so can't be in it. */
    readonly idEnd?: string;
    /** Whether the platform sends the signature's twice during a rotation. */
    readonly repeats?: boolean;
  };
  /** How a MAC is written. */
  readonly digits: 'hex' | 'HEX' | 'base64' | 'base64-of-hex' | 'signature';
  readonly url: string | null;
  readonly target: string | null;
  readonly parameters: Readonly<Record<string, string>>;
  readonly write: (writing: Writing) => Written;
  /** The platform's own id of the event as far as it is signed, or `null`. */
  readonly eventId: (message: Message) => string | null;
  /** Changes to a finished message that its signature must not outlive. */
  readonly tampers: readonly Tamper[];
}

export interface Tamper {
  readonly name: string;
  readonly change: (message: Message) => Message;
  /** `signature-mismatch` when not given; `null` when the message is still right. */
  readonly reason?: string | null;
}

export interface Keys {
  readonly current: Key;
  readonly older: Key;
  readonly stranger: Key;
}

export interface Key {
  /** As it is configured. */
  readonly text: string;
  /** The bytes of an HMAC key; the path of a private key otherwise. */
  readonly secret: Buffer | string;
}

export interface ModelTime {
  readonly unit: 's' | 'ms' | 'iso';
  readonly toleranceSeconds: number;
  /** Whether the platform writes it in seconds and in milliseconds. */
  readonly either?: boolean;
}

export interface Writing {
  readonly key: Key;
  readonly id: string;
  readonly timeText: string;
  readonly body: Buffer;
  /** What is done to the finished MAC or signature before it is written into its place. */
  readonly spoil: (mac: string) => string;
}

export interface Message {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** In place of the model's. */
  readonly target?: string;
}

export interface Written extends Message {
  /** What the signature covers, which tells duplicates where no id does. */
  readonly signed: Buffer;
}

/** The moment that all messages are from. */
export const NOW_MS = 1_750_000_000_000;
export const ID = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W';

export function timeText(unit: ModelTime['unit'], ms: number): string {
  if (unit === 'iso') return new Date(ms).toISOString().replace('.000Z', 'Z');
  return String(unit === 's' ? Math.floor(ms / 1000) : ms);
}

/** Keys of plain text. */
export function textKeys(scheme: string): Keys {
  const key = (kind: string): Key => {
    const text = `${scheme}-${kind}-secret-0123456789`;
    return { text, secret: Buffer.from(text) };
  };
  return { current: key('current'), older: key('older'), stranger: key('stranger') };
}

/** Keys whose text is the hex of their bytes. */
export function hexKeys(scheme: string): Keys {
  const key = (text: string): Key => {
    const hex = Buffer.from(text.padEnd(32, '*')).toString('hex').toUpperCase();
    return { text: hex, secret: Buffer.from(hex, 'hex') };
  };
  return {
    current: key(`${scheme} current`),
    older: key(`${scheme} older`),
    stranger: key(`${scheme} other`),
  };
}

/** Keys whose text is `whsec_` and the base64 of their bytes. */
export function whsecKeys(scheme: string): Keys {
  const key = (text: string): Key => {
    const secret = Buffer.from(text.padEnd(24, '.'));
    return { text: `whsec_${secret.toString('base64')}`, secret };
  };
  return {
    current: key(`${scheme} current`),
    older: key(`${scheme} older`),
    stranger: key(`${scheme} other`),
  };
}

/** A tamper that changes the body. */
export function inBody(name: string, change: (text: string) => string, reason?: string | null): Tamper {
  return {
    name,
    ...(reason === undefined ? {} : { reason }),
    change: ({ headers, body }) => ({
      headers,
      body: Buffer.from(change(body.toString('latin1')), 'latin1'),
    }),
  };
}

/** A tamper that gives a header another value. */
export function inHeader(
  name: string,
  given: { header: string; change: (value: string) => string; reason?: string | null },
): Tamper {
  return {
    name,
    ...(given.reason === undefined ? {} : { reason: given.reason }),
    change: ({ headers, body }) => ({
      headers: headers.map(
        ([key, value]) => [key, key === given.header ? given.change(value) : value] as const,
      ),
      body,
    }),
  };
}

/** The id at that path of a JSON body. */
export function bodyId(...path: readonly string[]): Model['eventId'] {
  return ({ body }) => {
    let at: unknown;
    try {
      at = JSON.parse(body.toString());
    } catch {
      return null;
    }
    for (const name of path) at = Reflect.get(Object(at), name);
    return typeof at === 'string' ? at : null;
  };
}

/** The id in a header that is signed. */
export function headerId(header: string): Model['eventId'] {
  return ({ headers }) => headers.find(([name]) => name.toLowerCase() === header.toLowerCase())?.[1] ?? null;
}

export const BODY_TAMPERS: readonly Tamper[] = [
  inBody('the body one byte longer', (text) => `${text}\n`),
  inBody('a digit of the body changed', (text) =>
    text.replace(/[0-9]/, (digit) => String((Number(digit) + 1) % 10)),
  ),
];

export function keyBytes(key: Key): Buffer {
  if (typeof key.secret === 'string') throw new Error('a key pair is no HMAC key');
  return key.secret;
}
