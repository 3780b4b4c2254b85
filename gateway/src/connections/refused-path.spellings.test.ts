// A platform's sign-in and rotation are never forwarded, however their path is spelt; other paths are.
// K1; trap "Request signatures and keys": sign and route the same bytes, never what one reader alone would make of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#base';
import { isRefusedPath } from './refused-path.ts';

const PREFIXES = ['/api/v1/auth'];

const REFUSED = [
  '/api/v1/auth',
  '/api/v1/auth/',
  '/api/v1/auth/sign-in',
  '/api/v1/auth/credentials/rotate-secret',
  '/api/v1/auth/sign-in?x=/public',
  '/API/V1/AUTH/sign-in',
  '/api/v1/%61uth/sign-in',
  '/api/v1/%41UTH/sign-in',
  '/%61%70%69/v1/auth/sign-in',
  '/api;v=1/v1;x/auth;jsessionid=1/sign-in',
  '/api/v1/auth%3bx/sign-in',
  '/api//v1///auth/sign-in',
  '//api/v1/auth',
  '/api/v1/auth%20/sign-in',
  '/api/v1/%09auth/sign-in',
  '/api/v1%2fauth/sign-in',
  '/api/v1%5cauth/sign-in',
  '/api\\v1\\auth/sign-in',
  '/api/v1/./auth/sign-in',
  '/api/v1/orders/../auth/sign-in',
  '/api/v1/orders/%2e%2e/auth/sign-in',
  // Decoded twice by a proxy and the server behind it.
  '/api/v1/%2561uth/sign-in',
  '/api/v1%252fauth/sign-in',
  '/api/v1/orders/%252e%252e/auth/sign-in',
  '/api/v1/%252561uth/sign-in',
  '/api/v1/%EF%BD%81uth/sign-in', // a full-width letter
  // Decoded twice by one who takes bad bytes as they come.
  '/api/v1/%2561uth/sign-in%25ff',
  '/api/v1/%2561%2575%2574%2568/%25ff%25c3x',
  '/api/v1/auth%3fx',
  '/api/v1/auth%23x/sign-in',
  '/api/v1/auth/../orders', // refused as it is written, though it leads elsewhere
];

const FORWARDED = [
  '/',
  '/api/v1',
  '/api/v1/authors',
  '/api/v1/authentication/x',
  '/api/v1/organizations/auth',
  '/x/api/v1/auth',
  '/api/v2/auth',
  '/api/v1/orders?path=/api/v1/auth/sign-in',
  '/api/v1/contacts/100%25',
  '/api/v1/contacts/%25zz',
];

test('K1: every spelling of a refused path is refused', () => {
  for (const path of REFUSED) assert.equal(isRefusedPath(path, PREFIXES), true, path);
});

test('other paths are not', () => {
  for (const path of FORWARDED) assert.equal(isRefusedPath(path, PREFIXES), false, path);
});

test('an encoding that is not one, or that hides another and another, is ambiguous', () => {
  for (const path of ['/api/v1/%ff', '/api/v1/%', '/api/v1/%c3%28', '/%25252525252561', '/100%2525252525']) {
    assert.throws(
      () => isRefusedPath(path, PREFIXES),
      (error) => error instanceof Fault && error.code === 'AMBIGUOUS_PATH',
      path,
    );
  }
});

test('K1: whatever letters are encoded, once to three times, in whatever case, it is refused', () => {
  const encode = (text: string, times: number): string =>
    times === 0 ? text : encode(text.replaceAll('%', '%25'), times - 1);
  const letter = (plain: string) =>
    fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 3 }), fc.boolean()).map(([upper, times, capital]) => {
      const character = capital ? plain.toUpperCase() : plain;
      const code = `%${character.charCodeAt(0).toString(16)}`;
      return times === 0 || plain === '/' ? character : encode(upper ? code.toUpperCase() : code, times - 1);
    });
  fc.assert(
    fc.property(
      fc.tuple(...[...'/api/v1/auth'].map(letter)),
      fc.constantFrom('', '/', '/sign-in', ';x', '?x'),
      (path, rest) => {
        assert.equal(isRefusedPath(path.join('') + rest, PREFIXES), true);
      },
    ),
    { seed: 20_261_122, numRuns: 500 },
  );
});
