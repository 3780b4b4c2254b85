// Whatever surrounds it, no credential, card number, e-mail address, telephone or account number survives redaction.
// Practices: K1 K11 K13 Q7 L11 P3; invariant 2 of the design.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { redactText } from './redact.ts';

const SEED = 20_260_131;
const kinds = {
  credentials: [
    'sk_test_syp_0f3kq9z7m2v8x1c4b6n5a7s9d2f4g6h8j0k1l3',
    'sk_live_syp_ZfQkq9z7m2v8x1c4b6n5a7s9d2f4g6h8j0k1l3',
    'sk_admin_syp_7f3kq9z7m2v8x1c4b6n5a7s9d2f4g6h8j0k1l3',
    'sat_syp_0f3kq9z7m2v8x1c4b6n5a7s9d2f4g6h8j0k1l3',
    'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    'whsec_test',
    'lp_live_4f9a8b7c6d5e',
    'mm_live_4f9a8b7c6d5e',
    'rk_live_51Habcdefghijk',
    'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    'github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789',
    'glpat-zY8xW7vU6tS5rQ4pO3nM',
    'xoxb-123456789012-abcdefghijkl',
    'AKIAIOSFODNN7EXAMPLE',
    'AIzaSyA1234567890abcdefghijklmnopqrstuv',
    'npm_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789',
    'sk-ant-api03-abcdefghijklmnopqrstuvwx',
    'hvs.CAESIJ1234567890abcdefghij',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJrb3l3ZSJ9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  ],
  cards: [
    '4242424242424242',
    '4242 4242 4242 4242',
    '4242-4242-4242-4242',
    '4242\u00a04242\u00a04242\u00a04242',
    '5555555555554444',
    '2223003122003222',
    '378282246310005',
    '3782 822463 10005',
    '30569309025904',
    '3530111333300000',
    '6011111111111117',
    '6200000000000005',
    '4000000000000000006',
    '4222222222222',
    '5018 0000 0009 0000',
  ],
  emails: [
    'ana.perez+pagos@correo.example',
    'a@b.example',
    "o'neil@mail.example.co.uk",
    'ana%40correo.example',
    '"ana perez"@correo.example',
    'jos\u00e9@correo.example',
    'ana@m\u00fcnchen.example',
  ],
  phones: [
    '+56912345678',
    '+56 9 1234 5678',
    '+1 (415) 555-2671',
    '+49 (0)151 23456789',
    '+44.20.7946.0958',
    '%2B56912345678',
  ],
  ibans: [
    'GB29NWBK60161331926819',
    'GB29 NWBK 6016 1331 9268 19',
    'DE89 3704 0044 0532 0130 00',
    'es9121000418450200051332',
    'NO93 8601 1117 947',
    'MT84 MALT 0110 0001 2345 MTLC AST0 01S',
  ],
} as const;
const CANARIES = Object.values(kinds).flat();

/** Any text, ordinary words, and the characters that scanners decide by. */
const context = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'ab19 -_.:=@/+%"\'\\[]{}()&?,;\n\u00a0\u00e9'), maxLength: 40 }),
  fc.constantFrom(
    'Bearer ',
    'token=',
    '"note":"',
    'https://host/path?x=',
    'paid with ',
    '(',
    '\\"',
    'evt_',
    'a'.repeat(100),
    '2026-01-31T23:59:59.000Z ',
  ),
);

for (const [kind, canaries] of Object.entries(kinds)) {
  test(`${kind} do not survive, whatever surrounds them (K13 Q7 L11)`, () => {
    for (const canary of canaries) assert.ok(!redactText(canary).includes(canary), canary);
    fc.assert(
      fc.property(context, fc.constantFrom<string>(...canaries), context, (before, canary, after) => {
        assert.ok(!redactText(before + canary + after).includes(canary), before + canary + after);
      }),
      { seed: SEED, numRuns: 4_000 },
    );
  });
}

test('several at once are all hidden (K13)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...CANARIES), { minLength: 2, maxLength: 6 }),
      fc.constantFrom(' ', ', ', '\n', ' | '),
      (canaries, between) => {
        const redacted = redactText(canaries.join(between));
        for (const canary of canaries) assert.ok(!redacted.includes(canary), redacted);
      },
    ),
    { seed: SEED, numRuns: 1_000 },
  );
});

test('the values of fields named as credentials are hidden, however they are written (K1 K11)', () => {
  const value = 'hunter2-Gh!7';
  const written = [
    `password=${value}`,
    `PASSWORD: ${value}`,
    `"clientSecret": "${value}"`,
    `{\\"secret\\":\\"${value}\\"}`,
    `{'apiKey': '${value}'}`,
    `https://host/cb?access_token=${value}&x=1`,
    `https://host/cb?x=1&sig=${value}`,
    `refresh_token%3D${value}`,
    `X-Api-Key: ${value}`,
    `Authorization: Bearer ${value}`,
    `authorization: Basic ${value}`,
    `proxy-authorization=${value}`,
    `Cookie: a=1; session=${value}; b=2`,
    `postgres://user:${value}@db.internal/x`,
    `Invalid URL: postgres://user:p/${value}?@db.internal/x`,
    `redis://:${value}@cache:6379`,
    `config { passphrase => ${value} }`,
  ];
  for (const text of written) assert.ok(!redactText(text).includes(value), redactText(text));
});

test('private keys are hidden, whole, escaped and cut off (K1)', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC';
  for (const label of [
    'PRIVATE KEY',
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'PGP PRIVATE KEY BLOCK',
  ]) {
    for (const end of [`\n-----END ${label}-----\n`, `\\n-----END ${label}-----"`, '']) {
      assert.ok(!redactText(`key: -----BEGIN ${label}-----\n${body}${end}`).includes(body), label);
    }
  }
  const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
  assert.equal(redactText(certificate), certificate);
});

test('nothing shows at the place where a long text is cut (K13)', () => {
  for (let filler = 200; filler < 300; filler++) {
    for (const canary of [
      '4242 4242 4242 4242',
      'ana.perez@correo.example',
      'sk_live_syp_ZfQkq9z7m2v8x1c4b6n5',
      'MT84 MALT 0110 0001 2345 MTLC AST0 01S',
    ]) {
      const redacted = redactText(`${'x '.repeat(filler / 2)}${canary}${' y'.repeat(1_000)}`, {
        charactersMax: 256,
      });
      assert.ok(redacted.length <= 256);
      assert.ok(!redacted.includes(canary.slice(0, 12)), redacted);
    }
  }
});
