import {
  ID,
  type Key,
  type Message,
  type Model,
  NOW_MS,
  type Tamper,
  timeText,
  type Written,
} from './model/model.ts';

/** A message with what has to come of it: `null` when it is right, else the reason for which it is refused. */
export interface Case {
  readonly name: string;
  readonly secrets: readonly CaseSecret[];
  readonly message: Message;
  readonly signed: Buffer;
  readonly nowMs: number;
  readonly reason: string | null;
  /** Which secret made it. */
  readonly secretId: string;
  readonly sentMs: number | null;
}

/** As it is configured, or bytes that no configuration would take. */
export type CaseSecret =
  | { readonly id: string; readonly text: string }
  | { readonly id: string; readonly base64: string };

/** Everything that is done to a model's messages. */
export function casesOf(model: Model): readonly Case[] {
  return [
    ...valid(model),
    ...spoiltMacs(model),
    ...otherSecrets(model),
    ...model.tampers.map((tamper) => tampered(model, tamper)),
    ...headers(model),
    ...ids(model),
    ...times(model),
  ];
}

interface Change {
  readonly id?: string;
  readonly key?: Key;
  readonly body?: Buffer;
  readonly sentMs?: number;
  readonly timeText?: string;
  readonly spoil?: (mac: string) => string;
}

function write(model: Model, change: Change = {}): Written {
  const sentMs = change.sentMs ?? NOW_MS;
  return model.write({
    key: change.key ?? model.keys.current,
    id: change.id ?? ID,
    timeText: change.timeText ?? (model.time === null ? '' : timeText(model.time.unit, sentMs)),
    body: change.body ?? model.body,
    spoil: change.spoil ?? ((mac) => mac),
  });
}

function make(
  model: Model,
  given: Pick<Case, 'name'> & Partial<Case> & { readonly message: Message & { readonly signed?: Buffer } },
): Case {
  return {
    signed: given.message.signed ?? Buffer.alloc(0),
    secrets: [{ id: 'current', text: model.keys.current.text }],
    nowMs: NOW_MS,
    reason: null,
    secretId: 'current',
    sentMs: model.time === null ? null : NOW_MS,
    ...given,
  };
}

function valid(model: Model): Case[] {
  const message = write(model);
  const { current, older } = model.keys;
  const renamed = (change: (name: string) => string): Written => ({
    ...message,
    headers: message.headers.map(([name, value]) => [change(name), value] as const),
  });
  const cases = [
    make(model, { name: 'a valid message', message }),
    make(model, { name: 'header names in lower case', message: renamed((name) => name.toLowerCase()) }),
    make(model, { name: 'header names in upper case', message: renamed((name) => name.toUpperCase()) }),
    make(model, {
      name: 'other headers around it',
      message: {
        ...message,
        headers: [['Host', 'hooks.example.test'], ...message.headers, ['X-Forwarded-For', '192.0.2.1']],
      },
    }),
    make(model, {
      name: 'the older of two secrets',
      secrets: [
        { id: 'current', text: current.text },
        { id: 'older', text: older.text },
      ],
      message: write(model, { key: older }),
      secretId: 'older',
    }),
  ];
  if (!model.bodyIsOpaque) return cases;
  const bodies: readonly (readonly [string, Buffer])[] = [
    ['a body that is not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x80, 0x7d])],
    ['an empty body', Buffer.alloc(0)],
    ['a body with a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), model.body])],
    ['a number written 1.0 and an escape', Buffer.from('{ "amount": 1.0, "name": "\\u00e9" }\n')],
  ];
  return [...cases, ...bodies.map(([name, body]) => make(model, { name, message: write(model, { body }) }))];
}

type Spoil = readonly [name: string, spoil: (mac: string) => string, reason: string];

const ALWAYS: readonly Spoil[] = [
  ['no signature behind its name', () => '', 'signature-malformed'],
  ['something behind the signature', (mac) => `${mac}!`, 'signature-malformed'],
  ['as many characters that are not ASCII', (mac) => 'é'.repeat(mac.length), 'signature-malformed'],
];
const HALF: Spoil = ['half of the signature', (mac) => mac.slice(0, mac.length / 2), 'signature-malformed'];
const HEX: readonly Spoil[] = [
  HALF,
  ['one digit off', (mac) => `${mac.slice(0, -1)}${mac.endsWith('0') ? '1' : '0'}`, 'signature-mismatch'],
  ['nothing but zeros', (mac) => '0'.repeat(mac.length), 'signature-mismatch'],
  ['hex digits behind the signature', (mac) => `${mac}00`, 'signature-malformed'],
];
const BASE64: readonly Spoil[] = [
  ['one digit off', (mac) => `${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`, 'signature-mismatch'],
  ['without padding', (mac) => mac.replace(/=+$/, ''), 'signature-malformed'],
];
const SPOILS: Readonly<Record<Model['digits'], readonly Spoil[]>> = {
  hex: [...ALWAYS, ...HEX, ['in upper case', (mac) => mac.toUpperCase(), 'signature-malformed']],
  HEX: [...ALWAYS, ...HEX],
  base64: [
    ...ALWAYS,
    ...BASE64,
    HALF,
    ['in hex', (mac) => Buffer.from(mac, 'base64').toString('hex'), 'signature-malformed'],
  ],
  'base64-of-hex': [
    ...ALWAYS,
    HALF,
    ['without padding', (mac) => mac.replace(/=+$/, ''), 'signature-malformed'],
    [
      'one digit off',
      (mac) => inHex(mac, (hex) => hex.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))),
      'signature-mismatch',
    ],
    ['in upper case', (mac) => inHex(mac, (hex) => hex.toUpperCase()), 'signature-malformed'],
    [
      'in base64 of the bytes',
      (mac) =>
        Buffer.from(
          inHex(mac, (hex) => hex),
          'base64',
        ).toString(),
      'signature-malformed',
    ],
  ],
  signature: [...ALWAYS, ...BASE64],
};

function inHex(base64: string, change: (hex: string) => string): string {
  return Buffer.from(change(Buffer.from(base64, 'base64').toString())).toString('base64');
}

function spoiltMacs(model: Model): Case[] {
  return SPOILS[model.digits].flatMap(([name, spoil, reason]) => {
    let isChanged = false;
    const message = write(model, {
      spoil(mac) {
        const spoilt = spoil(mac);
        isChanged = spoilt !== mac;
        return spoilt;
      },
    });
    // An empty header, or an empty member, is none.
    const isNone = message.headers.some(([, value]) => value === '') || message.body.includes('ignature":""');
    const made = make(model, {
      name: `the signature: ${name}`,
      message,
      reason: isNone ? 'signature-missing' : reason,
    });
    return isChanged ? [made] : [];
  });
}

function otherSecrets(model: Model): Case[] {
  const { current, stranger } = model.keys;
  const cases = [
    make(model, {
      name: 'another secret',
      message: write(model, { key: stranger }),
      reason: 'signature-mismatch',
    }),
    make(model, { name: 'no secret at all', secrets: [], message: write(model), reason: 'no-secret' }),
  ];
  if (typeof current.secret === 'string') {
    const base64 = Buffer.from('long enough, but no key').toString('base64');
    const secrets = [{ id: 'other', base64 }];
    return [
      ...cases,
      make(model, {
        name: 'bytes that are no key',
        secrets,
        message: write(model),
        reason: 'secret-unusable',
      }),
    ];
  }
  return [
    ...cases,
    ...['', 'fifteen bytes !'].map((text) => {
      const secret = Buffer.from(text);
      return make(model, {
        name: `a secret of ${secret.length} bytes`,
        secrets: [{ id: 'short', base64: secret.toString('base64') }],
        message: write(model, secret.length === 0 ? {} : { key: { text, secret } }),
        reason: 'secret-unusable',
      });
    }),
  ];
}

function tampered(model: Model, { name, change, reason }: Tamper): Case {
  return make(model, {
    name,
    message: { signed: write(model).signed, ...change(write(model)) },
    reason: reason === undefined ? 'signature-mismatch' : reason,
  });
}

function headers(model: Model): Case[] {
  const message = write(model);
  return (['signature', 'id', 'timestamp'] as const).flatMap((part) => {
    const header = model.headers[part];
    if (header === null) return [];
    const without = message.headers.filter(([name]) => name !== header);
    const own = message.headers.filter(([name]) => name === header);
    const { body } = message;
    return [
      make(model, { name: `no ${header}`, message: { headers: without, body }, reason: `${part}-missing` }),
      make(model, {
        name: `an empty ${header}`,
        message: { headers: [...without, [header, '']], body },
        reason: `${part}-missing`,
      }),
      make(model, {
        name: `${header} twice`,
        message: {
          headers: [...message.headers, ...own.map(([name, value]) => [name.toLowerCase(), value] as const)],
          body,
        },
        reason: model.headers.repeats === true ? null : `${part}-repeated`,
      }),
    ];
  });
}

function ids(model: Model): Case[] {
  const { idEnd } = model.headers;
  if (idEnd === undefined) return [];
  const wrong: readonly (readonly [name: string, id: string])[] = [
    ['an id that goes on behind its end', `msg${idEnd}1`],
    ['an id with a blank', 'msg 1'],
    ['an id of 257 characters', 'm'.repeat(257)],
    ['an id that is not ASCII', 'müsli'],
  ];
  return wrong.map(([name, id]) =>
    make(model, { name, message: write(model, { id }), reason: 'id-malformed' }),
  );
}

function times(model: Model): Case[] {
  if (model.time === null) return [];
  const { unit, toleranceSeconds } = model.time;
  const at = (given: { name: string; seconds: number; reason: string | null }): Case => {
    const sentMs = NOW_MS + given.seconds * 1000;
    return make(model, { name: given.name, message: write(model, { sentMs }), reason: given.reason, sentMs });
  };
  const written = (given: { name: string; text: string; reason: string }): Case =>
    make(model, { name: given.name, message: write(model, { timeText: given.text }), reason: given.reason });
  const cases = [
    at({ name: 'as old as is allowed', seconds: -toleranceSeconds, reason: null }),
    at({ name: 'as far ahead as is allowed', seconds: toleranceSeconds, reason: null }),
    at({ name: 'a second too old', seconds: -toleranceSeconds - 1, reason: 'timestamp-too-old' }),
    at({ name: 'a second too new', seconds: toleranceSeconds + 1, reason: 'timestamp-too-new' }),
    at({ name: 'a year ahead', seconds: 365 * 86_400, reason: 'timestamp-too-new' }),
  ];
  if (unit === 'iso') {
    return [
      ...cases,
      written({ name: 'a time that is none', text: '2025-13-45T99:99:99Z', reason: 'timestamp-malformed' }),
    ];
  }
  const now = timeText(unit, NOW_MS);
  return [
    ...cases,
    make(model, {
      name: 'the time in the other unit',
      message: write(model, { timeText: timeText(unit === 's' ? 'ms' : 's', NOW_MS) }),
      reason: model.time.either === true ? null : 'timestamp-wrong-unit',
    }),
    written({ name: 'letters behind the time', text: `${now}abc`, reason: 'timestamp-malformed' }),
    written({ name: 'a time with a sign', text: `+${now}`, reason: 'timestamp-malformed' }),
    written({ name: 'a time with a fraction', text: `${now}.5`, reason: 'timestamp-malformed' }),
    written({ name: 'a time in hex', text: `0x${Number(now).toString(16)}`, reason: 'timestamp-malformed' }),
  ];
}
