// Redaction leaves ordinary log lines as they are, changes nothing the second time, and keeps to its length.
// Practices: K13 (ids, times, statuses and errors stay readable).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { isoTime } from './clock.ts';
import { FAULTS } from './faults.ts';
import { ID_PREFIXES, type IdKind, newId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { redactText } from './redact.ts';
import { redactJson } from './redact-json.ts';
import { Secret } from './secret.ts';

const SEED = 20_260_131;
const kinds = Object.keys(ID_PREFIXES) as IdKind[];
const moment = fc.integer({ min: 1_600_000_000_000, max: 1_999_999_999_999 });
const word = fc.oneof(
  fc.constantFrom(
    'webhook',
    'stored',
    'in',
    'status=200',
    'durationMs=12.5',
    'POST',
    '/in/ep',
    'retry',
    '3/12',
    '10.0.0.7:8443',
    '[::1]:443',
    'v26.10.0',
    'pino@10.4.0',
    '99.95%',
    '(ok)',
    '250ms',
    '5m',
    'P1DT2H',
  ),
  fc
    .tuple(fc.constantFrom(...kinds), moment)
    .map(([kind, ms]) => newId(kind, { now: () => ms, monotonic: () => 0 })),
  fc.uuid(),
  moment.map(isoTime),
  moment.map(String),
  moment.map((ms) => `${isoTime(ms).slice(0, 19)}+02:00`),
  moment.map((ms) => isoTime(ms).slice(0, 10)),
  fc.integer({ min: 0, max: 9_999_999_999 }).map(String),
  fc.double({ min: 0, max: 100_000, noNaN: true }).map((ms) => `${ms.toFixed(3)}ms`),
  fc.string().map((text) => createHash('sha256').update(text).digest('hex')),
  fc.string().map((text) => createHash('sha256').update(text).digest('base64')),
  fc.string().map((text) => createHash('sha1').update(text).digest('hex')),
);

test('lines of ids, times, durations, digests and addresses stay as they are (K13)', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const line = words.join(' ; ');
      assert.equal(redactText(line), line);
    }),
    { seed: SEED, numRuns: 3_000 },
  );
});

test('our own sentences stay as they are (K13)', () => {
  const sentences = [
    ...Object.values(FAULTS).flatMap(({ title, remedy }) => [title, remedy]),
    ...Object.values(LIMITS).map(({ about }) => about),
    'Bearer tokens live for an hour. Basic authentication is not offered.',
    'token: expired',
    'The secret is too short.',
    'connect ECONNREFUSED 10.0.0.7:5432',
    'listening on https://127.0.0.1:8443/in/ep_1?x=1#top',
    'GET https://host:8080/@scope/name -> 200',
    'at 2026-01-31T23:59:59.123456789Z took PT1H30M',
    'SELECT event_id FROM events WHERE environment_id = $1 AND received_at > $2',
    'password=true secret=null token=[secret] email=""',
    'task-runner disk-usage-monitor-service-with-a-long-name-of-more-than-32',
  ];
  for (const sentence of sentences) assert.equal(redactText(sentence), sentence);
});

test('what stands around a secret stays readable (K13)', () => {
  const lines = [
    ['{"password":"a\\"b","status":200}', '{"password":"[secret]","status":200}'],
    ['{\\"secret\\":\\"x\\",\\"code\\":1}', '{\\"secret\\":\\"[secret]\\",\\"code\\":1}'],
    ['POST /in?token=abc&x=1 -> 401', 'POST /in?token=[secret]&x=1 -> 401'],
    ['postgres://u:p@db.internal:5432/x refused', 'postgres://[secret]@db.internal:5432/x refused'],
    ['Authorization: Bearer abc123, then 401', 'Authorization: Bearer [secret], then 401'],
    ['card 4242 4242 4242 4242, 12 EUR', 'card [card], 12 EUR'],
    ['to ana@correo.example or +56 9 1234 5678.', 'to [email] or [phone].'],
    ['DE89 3704 0044 0532 0130 00 credited', '[iban] credited'],
  ] as const;
  for (const [line, wanted] of lines) assert.equal(redactText(line), wanted);
});

test('redacting twice is redacting once', () => {
  const part = fc.constantFrom(
    '4242424242424242',
    '4242',
    ' ',
    '-',
    '@',
    'a@b.example',
    'password=',
    'Bearer ',
    'sk_live_abcdefgh',
    '"',
    '\\',
    '+4915112345678',
    'GB29NWBK60161331926819',
    '[secret]',
    '[card]',
    '://u:p@h',
    '&',
    '=',
    ':',
    'token',
    '.',
    '00',
    '%40',
    'Cookie: ',
    '\n',
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(part, fc.string({ maxLength: 5 })), { maxLength: 20 }),
      fc.constantFrom(8, 40, 256),
      (parts, charactersMax) => {
        const once = redactText(parts.join(''), { charactersMax });
        assert.equal(redactText(once, { charactersMax }), once);
      },
    ),
    { seed: SEED, numRuns: 5_000 },
  );
});

test('the result is never longer than its limit', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 2_000 }),
      fc.integer({ min: 16, max: 1_000 }),
      (text, charactersMax) => {
        assert.ok(redactText(text, { charactersMax }).length <= charactersMax);
      },
    ),
    { seed: SEED },
  );
  assert.ok(redactText('password=x '.repeat(10_000)).length <= LIMITS.logTextCharactersMax.value);
});

test('JSON loses credentials and personal data by name and by content (K12 K13 Q7)', () => {
  const value = {
    id: 'evt_1',
    apiKey: 'k',
    client_secret: { nested: 'x' },
    contact: {
      firstName: 'Ana',
      email: 'x',
      phone: 5_691_234,
      documentNumber: '11.111.111-1',
      country: 'CL',
    },
    note: 'card 4242424242424242',
    card: 4_242_424_242_424_242,
    amount: 50_000,
    at: 1_764_123_456_789,
    ok: true,
    none: null,
    secret: Secret.fromText('x'),
    bytes: new Uint8Array(3),
    'ana@correo.example': 1,
  };
  assert.deepEqual(redactJson(value), {
    id: 'evt_1',
    apiKey: '[secret]',
    client_secret: '[secret]',
    contact: {
      firstName: '[personal]',
      email: '[personal]',
      phone: '[personal]',
      documentNumber: '[personal]',
      country: 'CL',
    },
    note: 'card [card]',
    card: '[card]',
    amount: 50_000,
    at: 1_764_123_456_789,
    ok: true,
    none: null,
    secret: '[secret]',
    bytes: '[3 bytes]',
    '[email]': 1,
  });
});

test('JSON that is circular, deep, huge, or throws ends in marks, never in an exception', () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  assert.match(JSON.stringify(redactJson(circular)), /\[deeper\]/);
  assert.ok(JSON.stringify(redactJson(Array.from({ length: 100_000 }, () => ({ a: 1 })))).length < 50_000);
  assert.equal(
    redactJson({
      get a(): never {
        throw new Error('no');
      },
    }),
    '[unreadable]',
  );
  assert.deepEqual(redactJson(JSON.parse('{"__proto__":{"a":1}}')), JSON.parse('{"__proto__":{"a":1}}'));
});
