// A request target that two readers could take for different paths is refused, and every other one is kept byte for byte.
// U8 Q14; trap "Sign and route the same raw bytes of the request target".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTarget } from './path.ts';

const AMBIGUOUS = [
  '',
  '*',
  'https://other.test/in/x',
  '/a/../b',
  '/a/..',
  '/../a',
  '/a/./b',
  '/.',
  '/a//b',
  '//a',
  '/a\\..\\b',
  '/a/%2e%2e/b',
  '/a/%2E/b',
  '/a%2fb',
  '/a%2Fb',
  '/a%5cb',
  '/a%00b',
  '/a%zz',
  '/a%',
  '/a b',
  '/a\tb',
  '/ä',
  '/a?b#c',
  '/a?b c',
];

for (const target of AMBIGUOUS) {
  test(`refuses ${JSON.stringify(target)}`, () => {
    assert.throws(() => parseTarget(target), { code: 'AMBIGUOUS_PATH' });
  });
}

test('keeps path and query as received', () => {
  assert.deepEqual(parseTarget('/out/con_1/a%20b;c=d?x=%2F..//&y'), {
    path: '/out/con_1/a%20b;c=d',
    query: '?x=%2F..//&y',
  });
  assert.deepEqual(parseTarget('/a...b/.well-known/..c'), { path: '/a...b/.well-known/..c', query: '' });
});

test('never throws anything else, and what passes joins to what came', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      try {
        const { path, query } = parseTarget(`/${text}`);
        assert.equal(path + query, `/${text}`);
        // No segment survives that a WHATWG URL parser would rewrite.
        assert.equal(
          new URL(`https://host.test${path}`).pathname,
          path
            .replace(/["<>^`{}|]/g, encodeURIComponent)
            .replace(/%5E/g, '^')
            .replace(/%7C/g, '|'),
        );
      } catch (thrown) {
        if (thrown instanceof assert.AssertionError) throw thrown;
        assert.equal((thrown as { code?: string }).code, 'AMBIGUOUS_PATH');
      }
    }),
    { numRuns: 2_000, seed: 20_261_121 },
  );
});
