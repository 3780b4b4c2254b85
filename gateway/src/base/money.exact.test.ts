// An amount is exactly what was written, in minor units, or refused for one of the reasons known: positive, of a known
// currency, within its decimals, and never what a float made of it. K16 U14 L13; trap `parseInt("123abc")` is 123.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Amount, type AmountForm, CURRENCIES, JsonNumber, parseAmount, parseUnits } from '#base';

const SEED = 20_261_125;

/** How the verdict reads in the tables below. */
function read(value: unknown, currency: string, form: AmountForm): string {
  const amount: Amount = parseAmount({ value, currency, form });
  return amount.ok ? String(amount.minor) : amount.reason;
}

const NUMBERS: readonly (readonly [text: string, currency: string, verdict: string])[] = [
  ['5000', 'CLP', '5000'],
  ['1e3', 'CLP', '1000'],
  ['1.5E+1', 'CLP', '15'],
  ['10.00', 'USD', '1000'],
  ['10.00', 'CLP', '10'],
  ['0.1', 'USD', '10'],
  ['1e-2', 'USD', '1'],
  ['1.005', 'USD', 'too-many-decimals'],
  ['1.005', 'KWD', '1005'],
  ['0.0001', 'CLF', '1'],
  ['0.5', 'CLP', 'too-many-decimals'],
  ['1e-400000', 'USD', 'too-many-decimals'],
  ['-0', 'USD', 'not-positive'],
  ['0', 'USD', 'not-positive'],
  ['0.00e7', 'USD', 'not-positive'],
  ['0e999999999999', 'USD', 'not-positive'],
  ['-5', 'USD', 'not-positive'],
  ['9007199254740992', 'CLP', '9007199254740992'],
  ['9007199254740993', 'CLP', 'inexact'],
  ['90071992547409.93', 'USD', 'inexact'],
  ['999999999999999999', 'CLP', 'inexact'],
  ['1e17', 'CLP', '100000000000000000'],
  ['1e18', 'CLP', 'out-of-range'],
  ['1e999999999999', 'CLP', 'out-of-range'],
  [`1${'0'.repeat(64)}`, 'CLP', 'out-of-range'],
  ['5', 'XXX', 'currency-unknown'],
  ['5', 'usd', 'currency-unknown'],
  ['5', '__proto__', 'currency-unknown'],
  ['5', 'constructor', 'currency-unknown'],
];

test('K16: a JSON number is taken from its text', () => {
  for (const [text, currency, verdict] of NUMBERS)
    assert.equal(read(new JsonNumber(text), currency, 'major-number'), verdict, `${text} ${currency}`);
});

const DECIMALS: readonly (readonly [value: unknown, currency: string, verdict: string])[] = [
  ['10.50', 'USD', '1050'],
  ['10', 'USD', '1000'],
  ['0.01', 'USD', '1'],
  ['9007199254740993', 'CLP', '9007199254740993'],
  ['999999999999999999', 'CLP', '999999999999999999'],
  ['1000000000000000000', 'CLP', 'out-of-range'],
  ['10.000', 'USD', 'too-many-decimals'],
  ['10.0', 'CLP', 'too-many-decimals'],
  ['0.00', 'USD', 'not-positive'],
  ['-1', 'USD', 'not-positive'],
  ...['', ' 1', '1 ', '+1', '01', '1.', '.5', '1e3', '1,5', '1_0', '0x1', '٣', 'NaN', 'Infinity', '1\n'].map(
    (text) => [text, 'USD', 'not-a-number'] as const,
  ),
  [10, 'USD', 'not-a-number'],
  [new JsonNumber('10'), 'USD', 'not-a-number'],
  [null, 'USD', 'not-a-number'],
  [['10'], 'USD', 'not-a-number'],
];

test('K16: a decimal text is one spelling, with the decimals of its currency at most', () => {
  for (const [value, currency, verdict] of DECIMALS)
    assert.equal(read(value, currency, 'decimal'), verdict, String(value));
});

test('K16: minor units are whole numbers; a number that was a float already is taken as it prints', () => {
  assert.equal(read(1050, 'USD', 'minor'), '1050');
  assert.equal(read(new JsonNumber('1050'), 'KWD', 'minor'), '1050');
  assert.equal(read(10.5, 'USD', 'minor'), 'too-many-decimals');
  assert.equal(read(10.5, 'USD', 'major-number'), '1050');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '1050', 5n, undefined, {}, true])
    assert.equal(read(value, 'USD', 'minor'), 'not-a-number', String(value));
});

test('the table of currencies is frozen, of three capitals each, and knows those that are not of two decimals', () => {
  assert.ok(Object.isFrozen(CURRENCIES) && Object.getPrototypeOf(CURRENCIES) === null);
  assert.ok(Object.keys(CURRENCIES).length > 160);
  for (const code of Object.keys(CURRENCIES)) assert.match(code, /^[A-Z]{3}$/);
  const known = {
    JPY: 0,
    CLP: 0,
    PYG: 0,
    KWD: 3,
    TND: 3,
    CLF: 4,
    UYW: 4,
    USD: 2,
    COP: 2,
    BRL: 2,
    MXN: 2,
    PEN: 2,
    ARS: 2,
  };
  for (const [code, exponent] of Object.entries(known)) assert.equal(CURRENCIES[code], exponent, code);
});

test('of a token with eighteen decimals as many whole units are an amount as of a currency', () => {
  const value = new JsonNumber('99999999999999');
  assert.deepEqual(parseUnits({ value, exponent: 18, form: 'major-number' }), {
    ok: true,
    minor: 99_999_999_999_999n * 10n ** 18n,
  });
  const more = parseUnits({ value: new JsonNumber('1e14'), exponent: 18, form: 'major-number' });
  assert.deepEqual(more, { ok: false, reason: 'out-of-range' });
});

/** Minor units as people write them. */
function printed(minor: bigint, exponent: number): string {
  const digits = String(minor).padStart(exponent + 1, '0');
  return exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

test('every amount comes back as it was printed', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }),
      fc.integer({ min: 0, max: 18 }),
      (minor, exponent) => {
        const value = printed(minor, exponent);
        assert.deepEqual(parseUnits({ value, exponent, form: 'decimal' }), { ok: true, minor });
      },
    ),
    { seed: SEED, numRuns: 1_000 },
  );
});

test('every number that JSON can write is the amount that exact arithmetic makes of it, or refused', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: 0, max: 1e6 }),
    fc.nat(),
  );
  fc.assert(
    fc.property(number, fc.integer({ min: 0, max: 4 }), (value, exponent) => {
      const text = JSON.stringify(value);
      const amount = parseUnits({ value: new JsonNumber(text), exponent, form: 'major-number' });
      assert.deepEqual(parseUnits({ value, exponent, form: 'major-number' }), amount);
      if (amount.ok) assert.equal(Number(printed(amount.minor, exponent)), value);
      else if (amount.reason === 'not-positive') assert.ok(value <= 0);
      else if (amount.reason === 'out-of-range') assert.ok(value >= 10 ** (18 - exponent));
      else assert.equal(amount.reason, 'too-many-decimals');
      if (!amount.ok && amount.reason === 'too-many-decimals' && value < 1e6)
        assert.notEqual(Number(value.toFixed(exponent)), value);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});
