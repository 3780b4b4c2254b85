// The work of redaction grows with the length of the text, whatever the text: hostile input can't stop the process.
// Counts how often the scanners look at a character, since time can't be asserted. Invariants 7 and 9 of the design.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { findSpans } from './redact.ts';
import { findCards } from './redact-cards.ts';
import { codesOf } from './redact-characters.ts';
import { findPhones } from './redact-contacts.ts';
import { findIbans } from './redact-ibans.ts';

const SEED = 20_260_131;
/** Looks for each character, at most, over all detectors. Measured: 40 for words, 58 for the worst piece below. */
const LOOKS_MAX = 150;
const LENGTH = 500;

const pieces = [
  '@',
  'a',
  '1',
  '4',
  '4 ',
  '4-',
  '+',
  '+1',
  '00',
  '=',
  ':',
  '"',
  '\\',
  '\\"',
  'password=',
  'password="',
  "password='",
  'pwd=\\"',
  'token: ',
  'Bearer ',
  'Bearer a',
  'Basic',
  '://',
  '://a:',
  '://a@',
  '://a:b/',
  'eyJ',
  'sk_live_',
  'sk_live_a',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  '-----END ',
  'GB29',
  'DE89 ',
  'MT84',
  'a.',
  '.a',
  'a@',
  '@a.',
  '%40',
  '%2B',
  '%3D',
  '"a"@',
  'cookie: ',
  '&',
  '?key=',
  'a=',
  '-',
  '(',
  ' ',
  '\n',
  '\u00e9',
  'evt_',
  'f0',
];

function looksAt(text: string): number {
  let looks = 0;
  const counting = new Proxy([...codesOf(text)], {
    get(codes, name) {
      looks++; // reads of its length count as well
      return Reflect.get(codes, name, codes);
    },
  });
  findSpans(counting); // looks at a copy for numbers, so these are asked themselves
  findCards(counting);
  findIbans(counting);
  findPhones(counting);
  return looks;
}

test('one piece repeated costs no more than a constant for each character', () => {
  for (const piece of pieces) {
    const text = piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH);
    const looks = looksAt(text);
    assert.ok(
      looks <= LOOKS_MAX * LENGTH,
      `${JSON.stringify(piece)}: ${looks / LENGTH} looks for each character`,
    );
  }
});

test('twice the length costs about twice the looks', () => {
  for (const piece of pieces) {
    const once = looksAt(piece.repeat(Math.ceil(LENGTH / piece.length)));
    const twice = looksAt(piece.repeat(2 * Math.ceil(LENGTH / piece.length)));
    assert.ok(twice <= 2.2 * once + LENGTH, `${JSON.stringify(piece)}: ${once} then ${twice}`);
  }
});

test('mixed pieces cost no more either', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...pieces),
      (parts, last) => {
        const piece = parts.join('');
        const text = piece.repeat(Math.ceil(LENGTH / piece.length)) + last;
        assert.ok(looksAt(text) <= LOOKS_MAX * text.length, JSON.stringify(piece));
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});
