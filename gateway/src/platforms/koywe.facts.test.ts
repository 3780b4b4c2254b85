// What the gateway knows of Koywe is what its pages say, and nobody can change it at run time.
// Sources: https://docs.koywe.com/getting-started/credentials, https://docs.koywe.com/en/getting-started/testing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCHEMES } from '@sallyport/schemes';
import { Fault } from '#base';
import { PLATFORMS, platformNamed, textAt } from '#platforms';

const koywe = platformNamed('koywe');

test('sign-in: POST /api/v1/auth/sign-in with apiKey and secret; the token under token, or accessToken', () => {
  const { method, path, body, token, refusedStatuses } = koywe.signIn;
  assert.deepEqual(
    [method, path, body],
    ['POST', '/api/v1/auth/sign-in', { apiKey: 'apiKey', secret: 'secret' }],
  );
  assert.equal(textAt({ token: 'a', accessToken: 'b' }, token), 'a');
  assert.equal(textAt({ accessToken: 'b' }, token), 'b');
  assert.ok(refusedStatuses.includes(401));
});

test('K10: a token lives an hour and is renewed five minutes before', () => {
  assert.deepEqual([koywe.tokenLifeSeconds, koywe.renewBeforeSeconds], [3_600, 300]);
});

test('K3: sandbox and live are two hosts, both https', () => {
  assert.deepEqual(koywe.hosts, { sandbox: 'https://api-sandbox.koywe.com', live: 'https://api.koywe.com' });
});

test('K1: what signs in or rotates is under a refused path, and no header that carries a credential passes', () => {
  for (const path of [koywe.signIn.path, '/api/v1/auth/credentials/rotate-secret'])
    assert.ok(
      koywe.refusedPaths.some((prefix) => path.startsWith(`${prefix}/`)),
      path,
    );
  const never = [
    'authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'x-api-key',
    'www-authenticate',
    'location',
  ];
  const passing = [...koywe.requestHeaders, ...koywe.responseHeaders];
  for (const name of never) assert.ok(!passing.includes(name), name);
  for (const name of passing) assert.equal(name, name.toLowerCase());
  assert.ok(
    koywe.requestHeaders.includes('idempotency-key') && koywe.responseHeaders.includes('retry-after'),
  );
});

test('a credential is two texts of visible ASCII, long enough to be found in an answer, and nothing else', () => {
  const good = { apiKey: 'an-api-key', secret: 'a-secret' };
  assert.deepEqual(koywe.credential.parse(good), good);
  const bad = [
    {},
    { apiKey: 'an-api-key' },
    { ...good, secret: '7-bytes' },
    { ...good, extra: 'x' },
    { ...good, secret: '' },
    { ...good, secret: 'a b' },
    { ...good, secret: 'a\nb' },
    { ...good, secret: 'é' },
    { ...good, secret: 'a'.repeat(513) },
    { ...good, apiKey: 1 },
    null,
  ];
  for (const value of bad)
    assert.equal(koywe.credential.safeParse(value).success, false, JSON.stringify(value));
});

test('every profile is frozen throughout, listed under its own name, and names a known scheme', () => {
  assert.equal(Object.getPrototypeOf(PLATFORMS), null);
  assert.ok(Object.isFrozen(PLATFORMS));
  for (const [name, { credential, ...facts }] of Object.entries(PLATFORMS)) {
    assert.equal(facts.name, name);
    assert.ok(facts.scheme in SCHEMES && typeof credential.parse === 'function');
    assert.ok(Object.isFrozen(PLATFORMS[name]));
    assertFrozen(facts, name);
  }
});

test('an unknown platform is PLATFORM_UNKNOWN, however it is called', () => {
  for (const name of ['stripe', 'Koywe', '', '__proto__', 'constructor', 'toString']) {
    assert.throws(
      () => platformNamed(name),
      (error) => error instanceof Fault && error.code === 'PLATFORM_UNKNOWN',
      name,
    );
  }
});

test('textAt finds own texts alone', () => {
  assert.equal(textAt({ a: { b: 'x' } }, [['a', 'b']]), 'x');
  assert.equal(textAt({ a: '', c: 'y' }, [['a'], ['c']]), 'y');
  for (const value of [null, undefined, 1, 'text', [], {}, { a: 1 }, { a: null }])
    assert.equal(textAt(value, [['a', 'b'], ['a']]), null);
  assert.equal(textAt({}, [['constructor', 'name'], ['__proto__']]), null);
});

function assertFrozen(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    if (typeof part === 'object' && part !== null) assert.ok(Object.isFrozen(part), `${path}.${name}`);
    assertFrozen(part, `${path}.${name}`);
  }
}
