// Decoders accept what is canonical and nothing else, and bytes are compared whole, in constant time, without a throw.
// Practices: K7 U11 L11 P12; traps: lenient decoding, character length is not byte length, comparing a prefix.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  concatBytes,
  encodeParts,
  equalBytes,
  fromBase64,
  fromHex,
  textOf,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from './bytes.ts';

const bytes = fc.uint8Array({ maxLength: 64 });
const seed = { seed: 7 };

test('hexadecimal, base64 and UTF-8 come back as they went', () => {
  fc.assert(
    fc.property(bytes, fc.string({ unit: 'grapheme' }), (value, text) => {
      assert.deepEqual(fromHex(toHex(value), value.length), value);
      assert.deepEqual(fromHex(toHex(value).toUpperCase(), value.length), value);
      assert.deepEqual(fromBase64(toBase64(value)), value);
      assert.deepEqual(Buffer.from(toBase64Url(value), 'base64url'), Buffer.from(value));
      assert.doesNotMatch(toBase64Url(value), /[+/=]/);
      assert.equal(textOf(utf8(text)), text);
    }),
    seed,
  );
});

test('hexadecimal of another length, with stray characters or signs is refused (trap: lenient decoding)', () => {
  for (const text of [
    '',
    '0',
    '000',
    '0g',
    ' 00',
    '00 ',
    '0x',
    '-1',
    '00\n',
    '\u0660\u0660',
    '\u00e9\u00e9',
  ]) {
    assert.equal(fromHex(text, 1), null, JSON.stringify(text));
  }
  assert.equal(fromHex('00'.repeat(33), 32), null);
});

test('64 times é is no digest of 32 bytes, and comparing it does not throw (CVE-2023-50728)', () => {
  assert.equal(fromHex('\u00e9'.repeat(64), 32), null);
  assert.equal(equalBytes(utf8('\u00e9'.repeat(64)), utf8('0'.repeat(64))), false);
});

test('base64 that is not canonical is refused (trap: lenient decoding)', () => {
  for (const text of [
    'QQ',
    'QQ=',
    'QQ===',
    'QR==',
    'Q Q=',
    'QQ==\n',
    ' QQ==',
    'QQ==QQ==',
    'Q-==',
    '====',
    'QQ==x',
  ]) {
    assert.equal(fromBase64(text), null, JSON.stringify(text));
  }
});

test('bytes are equal when all of them are; a prefix and nothing are not (CVE-2024-21491)', () => {
  fc.assert(
    fc.property(bytes, bytes, (left, right) => {
      assert.equal(equalBytes(left, Uint8Array.from(left)), true);
      assert.equal(equalBytes(left, right), toHex(left) === toHex(right));
      if (left.length > 0) assert.equal(equalBytes(left, left.subarray(0, -1)), false);
    }),
    seed,
  );
});

test('text that is not UTF-8 is refused, and a byte order mark is kept (trap: signature over bytes)', () => {
  for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    assert.throws(() => textOf(Uint8Array.from(bad)), TypeError);
  }
  assert.equal(textOf(Uint8Array.from([0xef, 0xbb, 0xbf, 0x61])), '\ufeffa');
});

test('joined parts are unambiguous: other parts give other bytes (trap: concatenation without separators)', () => {
  const parts = fc.array(fc.oneof(fc.string({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 })), {
    maxLength: 4,
  });
  const plain = (list: readonly (string | Uint8Array)[]) =>
    JSON.stringify(list.map((part) => toHex(typeof part === 'string' ? utf8(part) : part)));
  fc.assert(
    fc.property(parts, parts, (left, right) => {
      assert.equal(toHex(encodeParts(left)) === toHex(encodeParts(right)), plain(left) === plain(right));
    }),
    seed,
  );
  assert.notDeepEqual(encodeParts(['ab', 'c']), encodeParts(['a', 'bc']));
  assert.notDeepEqual(encodeParts(['ab']), encodeParts(['ab', '']));
});

test('encoders look at their part of a larger buffer only', () => {
  const part = new Uint8Array(8).fill(1).subarray(2, 4);
  assert.deepEqual([toHex(part), toBase64(part), toBase64Url(part)], ['0101', 'AQE=', 'AQE']);
  assert.deepEqual(concatBytes([part, new Uint8Array([2])]), new Uint8Array([1, 1, 2]));
});
