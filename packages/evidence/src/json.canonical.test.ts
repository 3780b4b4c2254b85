// Canonical JSON has exactly one spelling for each value, and refuses what is not JSON (RFC 8785).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, EvidenceError, type JsonValue } from './index.ts';
import { parseJson } from './json.ts';

const refused = (error: unknown): boolean => error instanceof EvidenceError && error.code === 'json-refused';

test('numbers are written as in RFC 8785, appendix B', () => {
  // Pairs of the 64 bits of the number, in hexadecimal, and its text.
  const vectors: readonly (readonly [string, string])[] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ];
  for (const [bits, text] of vectors)
    assert.equal(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE()), text);
});

test('names are sorted by UTF-16 code units, as in RFC 8785, section 3.2.3', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  assert.equal(
    canonicalJson(value),
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
  );
});

test('texts are escaped as in RFC 8785, section 3.2.2.2', () => {
  const value = { string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/', literals: [null, true, false] };
  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('what is not JSON is refused', () => {
  const circular: Record<string, JsonValue> = {};
  circular['self'] = circular;
  const holes: JsonValue[] = [];
  holes.length = 2;
  const hostile: readonly JsonValue[] = [
    Number.NaN,
    Infinity,
    -Infinity,
    '\ud800',
    { '\udfff': 1 },
    circular,
    holes,
  ];
  for (const value of hostile) assert.throws(() => canonicalJson(value), refused);
  // What plain JavaScript can pass although the types forbid it.
  const untyped: readonly unknown[] = [
    undefined,
    1n,
    Symbol('s'),
    () => 1,
    { a: undefined },
    new Date(0),
    new Map(),
  ];
  for (const value of untyped) assert.throws(() => Reflect.apply(canonicalJson, undefined, [value]), refused);
});

test('deep nesting is refused before the stack ends', () => {
  const deep = parseJson(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  assert.throws(() => canonicalJson(deep), refused);
});

test('any value survives being written and read, and the order of names does not matter', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = canonicalJson(parseJson(JSON.stringify(value)));
      assert.equal(canonicalJson(parseJson(text)), text);
      assert.equal(JSON.stringify(parseJson(text)).length, text.length);
    }),
    { seed: 8785 },
  );
});
