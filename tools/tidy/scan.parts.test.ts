// Code, comments and strings are told apart, so that no rule stumbles over a word in a string or misses one behind a quote.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scan } from './scan.ts';
import { readSource } from './source.ts';

const cases: readonly (readonly [string, string])[] = [
  ["a('x') // b", "a(' ')     "],
  ['a /* b */ c', 'a         c'],
  ['`x${y}z`', '`   y  `'],
  ['`x${ {a: `q${b}`} }z` + c', '`    {a: `   b `}   ` + c'],
  ['/[/"\']/g.test(s)', '/     /g.test(s)'],
  ['a / b / "c"', 'a / b / " "'],
  ["return /'/", 'return / /'],
  ["'it\\'s' + d", "'     ' + d"],
];

for (const [source, code] of cases) {
  test(`the code of ${JSON.stringify(source)}`, () => {
    const actual = scan(source).code;
    assert.equal(actual.length, source.length);
    assert.equal(actual, code);
  });
}

test('imports are read with line, names and whether they are types', () => {
  const { imports } = readSource(
    'a.ts',
    "import a, { b as c, type D } from 'x';\nimport type { E } from 'y';\nimport { type F } from 'z';\nexport * from './w.ts';\nimport * as n from 'v';\n",
  );
  assert.deepEqual(
    imports.map(({ specifier, line, typeOnly, names }) => [specifier, line, typeOnly, names]),
    [
      ['x', 1, false, ['b', '*']],
      ['y', 2, true, []],
      ['z', 3, true, []],
      ['./w.ts', 4, false, ['*']],
      ['v', 5, false, ['*']],
    ],
  );
});
