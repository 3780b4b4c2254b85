// JSON of ours is read as JSON.parse reads it, or refused because another parser might read it otherwise or it is too much.
// K16 U14 L13; traps "Lenient decoding", "no JSON round trip" (numbers keep their text).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault, isJsonType, JsonNumber, parseJson, parseJsonExactly, utf8 } from '#base';

const SEED = 20_261_125;

/** The value, or `undefined` when it is refused as it should be. */
function read(text: string, parse = parseJson): unknown {
  try {
    return parse(utf8(text));
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'MALFORMED_BODY', String(error));
    assert.equal(error.cause, undefined);
    return undefined;
  }
}

/** The value as JSON.parse has it, or `undefined`. */
function model(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const REFUSED: readonly string[] = [
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '{"a":1,"b":{"a":1},"a":1}',
  '[{"a":1,"a":1}]',
  '{"":1,"":1}',
  '{"__proto__":1}',
  '{"\\u005f_proto__":1}',
  '"\\ud800"',
  '{"\\udc00":1}',
  '["\\ude00\\ud83d"]',
  `${'['.repeat(33)}${']'.repeat(33)}`,
  '['.repeat(1_000_000),
  `[${'1,'.repeat(10_000)}1]`,
  `[${'{},'.repeat(10_000)}1]`,
  '\ufeff{}',
  '',
  ' ',
  '{"a":1}x',
  '{"a":01}',
  "{'a':1}",
  '"\t"',
  '"\\x"',
  '"\\u12"',
  '"open',
  '"\\',
  'NaN',
];

const TAKEN: readonly string[] = [
  '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
  '{"a":"\\"a\\":1,","b":"{[,:"}',
  '["\\ud83d\\ude00","\\\\","\\u0000"]',
  '{"constructor":1,"toString":2}',
  '{"a":1,"A":2," a":3}',
  `${'['.repeat(32)}${']'.repeat(32)}`,
  `[${'1,'.repeat(9_000)}1]`,
  ' [ 1 , -0 , 1e5 ] ',
  'null',
  '"\u2028"',
];

test('K16: repeated and reserved names, half pairs, depth and number of values are refused; the rest is read', () => {
  for (const text of REFUSED) assert.equal(read(text), undefined, text.slice(0, 40));
  for (const text of TAKEN) assert.deepEqual(read(text), model(text), text.slice(0, 40));
  assert.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)), { code: 'MALFORMED_BODY' });
  assert.throws(() => parseJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)), { code: 'MALFORMED_BODY' });
});

test('numbers keep their text when they are read exactly', () => {
  const texts = ['10.00', '1e3', '-0', '9007199254740993', '0.1', '1E+2', '1e999'];
  const value = parseJsonExactly(utf8(`{"a":[${texts.join(',')}],"b":"1","c":null,"d":true}`));
  assert.deepEqual(value, { a: texts.map((text) => new JsonNumber(text)), b: '1', c: null, d: true });
});

test('fuzz: whatever JSON.parse makes of a value that was written by it is what we make of it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      fc.pre(!text.includes('__proto__') && !hasHalves(value));
      assert.deepEqual(read(text), model(text));
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

const token = fc.oneof(
  fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    ' ',
    '\n',
    '"a"',
    '"b"',
    '"\\u0061"',
    '"a":',
    '"\\ud800"',
  ),
  fc.constantFrom(
    '1',
    '-0',
    '1e3',
    '0.10',
    'null',
    'true',
    'tru',
    '"\\"',
    '\\u',
    '{"a":1}',
    '[1,2]',
    ',"a":1',
  ),
  fc.string({ unit: 'binary', maxLength: 2 }),
);

test('fuzz: nothing is taken that JSON.parse refuses, or read as anything else', () => {
  const document = fc.oneof(
    fc.array(token, { maxLength: 20 }).map((tokens) => tokens.join('')),
    fc.tuple(fc.jsonValue(), fc.nat(), token).map(([value, at, given]) => {
      const text = JSON.stringify(value);
      return `${text.slice(0, at % (text.length + 1))}${given}${text.slice((at % (text.length + 1)) + 1)}`;
    }),
  );
  fc.assert(
    fc.property(document, (text) => {
      fc.pre(text.isWellFormed());
      const value = read(text);
      if (value !== undefined) assert.deepEqual(value, model(text));
      assert.equal(read(text, parseJsonExactly) === undefined, value === undefined);
    }),
    { seed: SEED, numRuns: 5_000 },
  );
});

/** An object as a list of its members, so that names can be repeated. */
interface Members {
  readonly members: readonly (readonly [name: string, value: Members | number])[];
}

const { members: objects } = fc.letrec<{ members: Members }>((tie) => ({
  members: fc.record({
    members: fc.array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'c', 'd', 'é', '"', '\\', '\n'),
        fc.oneof({ depthSize: 'small' }, fc.nat(9), tie('members')),
      ),
      { maxLength: 4 },
    ),
  }),
}));

test('fuzz: objects are refused exactly when a name is repeated in one of them, however it is written', () => {
  fc.assert(
    fc.property(objects, fc.array(fc.boolean(), { minLength: 1 }), (object, escapes) => {
      let at = 0;
      const name = (text: string): string => {
        at += 1;
        return escapes[at % escapes.length] === true ? escaped(text) : JSON.stringify(text);
      };
      const text = printed(object, name);
      assert.equal(read(text) === undefined, repeats(object), text);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test('K16: application/json, and nothing that is nearly it', () => {
  for (const type of [
    'application/json',
    'Application/JSON',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
  ])
    assert.ok(isJsonType(type), type);
  for (const type of [
    undefined,
    '',
    'application/json;',
    'application/json; charset=latin1',
    'application/json ; charset=utf-8',
    'text/json',
    'application/json, text/plain',
    'application/json\t',
    'application/jsonx',
    'application/merge-patch+json',
  ])
    assert.ok(!isJsonType(type), String(type));
});

function hasHalves(value: unknown): boolean {
  return JSON.stringify([value]).includes('\\ud');
}

function escaped(text: string): string {
  return `"${[...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}

function printed({ members }: Members, name: (text: string) => string): string {
  const member = ([key, value]: Members['members'][number]): string =>
    `${name(key)}:${typeof value === 'number' ? value : printed(value, name)}`;
  return `{${members.map(member).join(',')}}`;
}

function repeats({ members }: Members): boolean {
  const names = members.map(([name]) => name);
  return (
    new Set(names).size < names.length ||
    members.some(([, value]) => typeof value !== 'number' && repeats(value))
  );
}
