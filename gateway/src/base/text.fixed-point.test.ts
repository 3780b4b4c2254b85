// Cleaned text holds no markup, no script scheme and nothing invisible, fits, and does not change when cleaned again, however
// what was taken out had been nested. K17; trap: one pass can be nested around.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isExternalId, sanitizeText } from '#base';

const SEED = 20_261_125;
const clean = (text: string, charactersMax = 255): string => sanitizeText(text, { charactersMax });

const CASES: readonly (readonly [given: string, clean: string])[] = [
  ['Invoice 17, 1ª cuota – São Paulo', 'Invoice 17, 1ª cuota – São Paulo'],
  ['', ''],
  [' \n x \t', 'x'],
  ['two\nlines', 'two lines'],
  ['<script>alert(1)</script>', 'scriptalert(1)/script'],
  ['javascript:alert(1)', 'alert(1)'],
  ['JaVaScRiPt:x', 'x'],
  ['javajavascript:script:x', 'x'],
  ['javascript:javascript:javascript:', ''],
  ['j<av>ascript:x', 'x'],
  ['java\u200bscript:x', 'x'],
  ['java\u00adscript\u2060:x', 'x'],
  ['java\u0000script:x', 'x'],
  ['javaſcrıpt:x', 'x'],
  ['ｊａｖａｓｃｒｉｐｔ：x', 'x'],
  ['𝓳avascript:x', 'x'],
  ['a＜b﹥c≮d', 'abcd'],
  ['<\u0338 e\u0301', '\u0338 é'],
  ['abc\u202etxt.exe', 'abctxt.exe'],
  ['\ud800half\udc00', 'half'],
  ['\ufeffmark', 'mark'],
];

test('K17: what is taken out, and what stays', () => {
  for (const [given, expected] of CASES) assert.equal(clean(given), expected, JSON.stringify(given));
});

test('K17: too long is cut, never inside a pair, and leaves no white space behind', () => {
  assert.equal(clean('x'.repeat(300)), 'x'.repeat(255));
  assert.equal(clean(`${'x'.repeat(254)}😀`), 'x'.repeat(254));
  assert.equal(clean(`${'x'.repeat(253)}😀😀`), `${'x'.repeat(253)}😀`);
  assert.equal(clean(`${'x'.repeat(250)}     y`), 'x'.repeat(250));
});

test('a megabyte of nested schemes or of marks is one pass', () => {
  assert.equal(
    clean(`${'java'.repeat(50_000)}script:${'script:'.repeat(50_000)}`).includes('javascript:'),
    false,
  );
  assert.equal(clean('javascript:'.repeat(100_000)), '');
  assert.ok(clean(`a${'\u0301\u0323'.repeat(500_000)}`).length <= 255);
  assert.ok(clean(':'.repeat(1_000_000)).length === 255);
});

const piece = fc.oneof(
  fc.constantFrom(
    '<',
    '>',
    'java',
    'script',
    'JAVA',
    ':',
    'javascript:',
    's',
    'ſ',
    'ı',
    '：',
    'ｊ',
    '\u200b',
    '\u202e',
  ),
  fc.constantFrom('\u0338', '\u0301', ' ', '\n', '\ud83d', '\ude00', '😀', '≮', '\u0958', '\ufe0f', 'e'),
  fc.string({ unit: 'binary', maxLength: 3 }),
);

test('plain ASCII comes out of its short way as it does of the long one', () => {
  const ascii = fc.oneof(
    fc.constantFrom('<', '>', 'javascript:', 'JAVA', 'script:', ' ', '\n', '\t', '\r\n', '\u007f', '\u0000'),
    fc.string({ unit: 'binary-ascii', maxLength: 8 }),
  );
  fc.assert(
    fc.property(
      fc.array(ascii, { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      (pieces, charactersMax) => {
        const text = pieces.join('');
        assert.equal(clean(text, charactersMax), clean(`${text}\u200b`, charactersMax));
      },
    ),
    { seed: SEED, numRuns: 3_000 },
  );
});

test('K17: for any text: clean, short enough, well formed, and a fixed point', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (pieces, charactersMax) => {
        const text = clean(pieces.join(''), charactersMax);
        assert.equal(clean(text, charactersMax), text);
        assert.ok(text.length <= charactersMax && text.isWellFormed());
        assert.equal(text, text.normalize('NFC').trim());
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) {
          const read = text.normalize(form).replace(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '');
          assert.doesNotMatch(read, /[<>]|javascript:/iu);
          assert.ok(!read.toUpperCase().includes('JAVASCRIPT:'));
        }
      },
    ),
    { seed: SEED, numRuns: 5_000 },
  );
});

test('no character of Unicode gets an angle bracket through, in any normalisation', () => {
  for (let point = 0; point <= 0x10ffff; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const character = String.fromCodePoint(point);
    if (/[<>]/.test(character.normalize('NFKD')))
      assert.equal(clean(`a${character}b`), 'ab', point.toString(16));
  }
});

test('K16: an external id is of letters, digits, underscores and dashes', () => {
  for (const id of ['order-1', '_', 'A'.repeat(255), '0']) assert.ok(isExternalId(id), id);
  for (const id of ['', 'a b', 'a\n', 'ä', 'a.b', 'a/b', 'A'.repeat(256), '<a>', 'a\u200b'])
    assert.ok(!isExternalId(id), JSON.stringify(id));
});
