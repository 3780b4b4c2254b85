// An address has one form, whoever sent it and however it was written, and no other text is one. K14 U7 L12 Q15; trap
// canonicalise `::ffff:`.
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalAddress, countingAddress, isCanonicalAddress, parseAddress } from './address.ts';

const NOT_ADDRESSES = [
  '',
  '1',
  '127.1',
  '0x7f.0.0.1',
  '2130706433',
  '0177.0.0.1',
  '01.2.3.4',
  '1.2.3.4.',
  ' 1.2.3.4',
  '1.2.3.4 ',
  '1.2.3.4\0',
  '1.2.3.4:80',
  '1.2.3.256',
  '1.2.3.-4',
  'fe80::1%eth0',
  '::1%0',
  '::1%',
  '[::1]',
  '[::1]:80',
  ':::',
  '1::2::3',
  '::ffff:1.2.3',
  '::ffff:01.2.3.4',
  '1.2.3.4::',
  '::1.2.3.4:5',
  '00000::1',
  '１２７.0.0.1',
  'unknown',
  '_hidden',
  'localhost',
];

// Written long and short, in either case, with a dotted end: what one address may look like.
const written = fc
  .tuple(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.integer({ min: 0, max: 16 }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([bytes, zeros, isLong, isUpper]) => {
    bytes.fill(0, 0, zeros);
    const words = Array.from({ length: 8 }, (_, at) => {
      const word = (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16);
      return isLong ? word.padStart(4, '0') : word;
    });
    const text = words.join(':');
    return isUpper ? text.toUpperCase() : text;
  });

test('K14 an IPv6 address is printed as the URL Standard prints it, however it was written', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), written), (text) => {
      const printed = new URL(`https://[${text}]/`).hostname.slice(1, -1);
      assert.deepEqual(parseAddress(text), parseAddress(printed));
      assert.ok(isCanonicalAddress(printed), printed);
      if (!printed.startsWith('::ffff:')) assert.equal(canonicalAddress(text), printed);
    }),
    { numRuns: 3_000, seed: 26 },
  );
});

test('K14 an IPv4 address within IPv6 is the IPv4 address, in decimal and in hexadecimal', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
      assert.equal(canonicalAddress(address), address);
      assert.equal(canonicalAddress(`::ffff:${address}`), address);
      assert.equal(canonicalAddress(`0:0:0:0:0:FFFF:${address}`), address);
      assert.equal(
        canonicalAddress(`::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`),
        address,
      );
      // Compatible and translated addresses are something else.
      assert.equal(isIP(canonicalAddress(`::ffff:0:${address}`) ?? ''), 6);
    }),
    { seed: 26 },
  );
});

test('K14 the canonical form is its own canonical form', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), written), (text) => {
      const once = canonicalAddress(text);
      assert.ok(once !== null);
      assert.equal(canonicalAddress(once), once);
      assert.ok(isCanonicalAddress(once));
    }),
    { numRuns: 3_000, seed: 26 },
  );
});

test('K14 nothing else is an address, and no text throws', () => {
  for (const text of NOT_ADDRESSES) {
    assert.equal(canonicalAddress(text), null, text);
    assert.equal(parseAddress(text), null, text);
    assert.equal(isCanonicalAddress(text), false, text);
    assert.equal(countingAddress(text), text);
  }
  const hostile = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdefxF:.%/[] ') }),
    fc
      .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.string({ minLength: 1, maxLength: 3 }))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      const address = canonicalAddress(text);
      assert.equal(address !== null, isIP(text) !== 0 && !text.includes('%'), text);
      assert.equal(address === null, parseAddress(text) === null);
    }),
    { numRuns: 5_000, seed: 26 },
  );
});

test('K14 IPv6 counts by its /64, IPv4 by itself', () => {
  assert.equal(countingAddress('192.0.2.7'), '192.0.2.7');
  assert.equal(countingAddress('::ffff:192.0.2.7'), '192.0.2.7');
  assert.equal(countingAddress('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(countingAddress('2001:db8::1'), '2001:db8::/64');
  assert.equal(countingAddress('::1'), '::/64');
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const text = (parts: Uint8Array) =>
    Array.from({ length: 8 }, (_, at) =>
      ((parts[2 * at] ?? 0) * 256 + (parts[2 * at + 1] ?? 0)).toString(16),
    ).join(':');
  fc.assert(
    fc.property(bytes(8), bytes(8), bytes(8), (network, one, other) => {
      fc.pre(network.some((byte) => byte !== 0));
      assert.equal(
        countingAddress(text(Uint8Array.of(...network, ...one))),
        countingAddress(text(Uint8Array.of(...network, ...other))),
      );
    }),
    { seed: 26 },
  );
});
