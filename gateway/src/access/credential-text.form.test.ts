// Only a text that we made is taken for a credential; every other is refused before anybody is asked about it.
// Q3; traps "Key format: prefix, kind, random body >= 160 bits, checksum; parse from the right", "Lenient decoding".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import {
  CREDENTIAL_PREFIXES,
  type CredentialKind,
  newCredentialText,
  parseCredentialText,
} from './credential-text.ts';

const RUNS = { seed: 20_261_122, numRuns: 3_000 };
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KINDS: readonly CredentialKind[] = ['test', 'live', 'admin', 'bearer'];
const kind = fc.constantFrom(...KINDS);

test('Q3 every kind has its prefix, 32 random characters and 6 of checksum, and is recognised', () => {
  for (const name of KINDS) {
    const text = newCredentialText(name);
    assert.match(text, /^(?:sk_(?:test|live|admin)|sat)_syp_[0-9A-Za-z]{38}$/);
    assert.equal(text.length, CREDENTIAL_PREFIXES[name].length + 38);
    assert.equal(parseCredentialText(text), name);
  }
  assert.ok(32 * Math.log2(ALPHABET.length) >= 160, 'at least 160 random bits');
});

test('the checksum is CRC-32 of what precedes it, in base 62, so that scanners can tell a real one', () => {
  fc.assert(
    fc.property(kind, (name) => {
      const text = newCredentialText(name);
      const value = text
        .slice(-6)
        .split('')
        .reduce((sum, digit) => sum * 62 + ALPHABET.indexOf(digit), 0);
      assert.equal(value, crc32(text.slice(0, -6)));
    }),
    RUNS,
  );
});

test('no two are alike, and every character of the alphabet is as likely as any other', () => {
  const bodies = Array.from({ length: 4_000 }, () => newCredentialText('test').slice(12, 44));
  assert.equal(new Set(bodies).size, bodies.length);
  const counts = new Map<string, number>();
  for (const digit of bodies.join('')) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  assert.equal(counts.size, 62);
  // 128,000 draws: each count is 2,065 give or take 45; bytes taken modulo 62 would favour eight by a quarter.
  for (const [digit, count] of counts) assert.ok(Math.abs(count - 128_000 / 62) < 350, `${digit}: ${count}`);
});

test('one character changed, lost, added, or two exchanged: refused', () => {
  const change = fc.record({
    kind,
    at: fc.nat(55),
    other: fc.constantFrom(...ALPHABET, '_', ' ', 'é', '\0'),
  });
  fc.assert(
    fc.property(
      change,
      fc.constantFrom('change', 'lose', 'add', 'swap'),
      ({ kind: name, at, other }, how) => {
        const text = newCredentialText(name);
        const place = at % text.length;
        const head = text.slice(0, place);
        const rest = text.slice(place + 1);
        const here = text.charAt(place);
        const altered = {
          change: head + other + rest,
          lose: head + rest,
          add: head + other + here + rest,
          swap: head + rest.charAt(0) + here + rest.slice(1),
        }[how];
        if (altered !== text) assert.equal(parseCredentialText(altered), null, altered);
      },
    ),
    RUNS,
  );
});

test('a kind can not be exchanged for another: the checksum covers the prefix', () => {
  for (const from of KINDS)
    for (const to of KINDS)
      if (from !== to) {
        const tail = newCredentialText(from).slice(-38);
        assert.equal(parseCredentialText(CREDENTIAL_PREFIXES[to] + tail), null);
      }
});

test('rubbish of any length and alphabet is refused and never throws', () => {
  const tail = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 38, maxLength: 38 });
  const rubbish = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.tuple(fc.constantFrom(...Object.values(CREDENTIAL_PREFIXES)), tail).map((parts) => parts.join('')),
    tail,
    fc.constantFrom('__proto__', 'constructor', 'toString').map((word) => `${word}${'0'.repeat(38)}`),
  );
  fc.assert(
    fc.property(rubbish, (text) => assert.equal(parseCredentialText(text), null)),
    RUNS,
  );
  for (const text of [
    '',
    ' ',
    '\n',
    'sk_test_syp_',
    `${newCredentialText('test')}\n`,
    ` ${newCredentialText('test')}`,
  ])
    assert.equal(parseCredentialText(text), null);
});
