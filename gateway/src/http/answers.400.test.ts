// 400: what is not valid is refused field by field, without repeating a value, before anything is done.
// K16 U14 K19 K11; traps "Fastify: content-type differentials", "Lenient decoding".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterFile } from '#test/database';
import { withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';

const gateway = await withGateway(afterFile);
const call = await withDescribedClient(afterFile, gateway);
const { adminKey: key } = gateway;
const json = { 'content-type': 'application/json' };
const post = (path: string, body: object | string) =>
  call({ method: 'POST', path, key, body, headers: json });
const SECRET = 'cnry-value-that-must-not-come-back-0001';

const MALFORMED = [
  '',
  '{',
  '{"kind":"test","name":"a"} x',
  '{"kind":"test","name":"a",}',
  "{'kind':'test'}",
  '\ufeff{"kind":"test","name":"a"}',
  '{"kind":"test","name":"a","__proto__":{"kind":"admin"}}',
  '{"kind":"test","name":"a","\\u005f_proto__":1}',
  `${'['.repeat(40)}${']'.repeat(40)}`,
  '['.repeat(100_000),
  `${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`,
  'NaN',
];

test('400 MALFORMED_BODY for what is not one JSON value of bounded depth', async () => {
  for (const body of MALFORMED) assertProblem(await post('/admin/v1/keys', body), 'MALFORMED_BODY');
  const notUtf8 = Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
  const answer = await call({ method: 'POST', path: '/admin/v1/keys', key, body: notUtf8, headers: json });
  assertProblem(answer, 'MALFORMED_BODY');
  assertProblem(
    await call({ method: 'POST', path: '/api/v1/auth/sign-in', body: '{', headers: json }),
    'MALFORMED_BODY',
  );
});

test('400 INVALID_REQUEST names the fields and no value', async () => {
  const cases: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['/admin/v1/keys', [], ['body']],
    ['/admin/v1/keys', null, ['body']],
    ['/admin/v1/keys', SECRET, ['body']],
    ['/admin/v1/keys', {}, ['body.kind', 'body.name']],
    ['/admin/v1/keys', { kind: SECRET, name: 'a' }, ['body.kind']],
    ['/admin/v1/keys', { kind: 'test', name: `<${SECRET}>` }, ['body.name']],
    ['/admin/v1/keys', { kind: 'test', name: ['a'] }, ['body.name']],
    ['/admin/v1/keys', { kind: 'test', name: 'a', [SECRET]: 1 }, ['body']],
    ['/admin/v1/keys', { kind: 'test', name: 'a', constructor: 1 }, ['body']],
    ['/admin/v1/keys', { kind: 'test', name: 'a'.repeat(64) }, ['body.name']],
    [
      '/admin/v1/connections',
      { platform: 'koywe', name: 'a', credential: { [SECRET]: 'x' } },
      ['body.credential'],
    ],
    [
      '/admin/v1/connections',
      { platform: 'koywe', name: 'a', credential: { apiKey: { a: SECRET } } },
      ['body.credential.apiKey'],
    ],
    ['/admin/v1/endpoints', { platform: 'koywe', name: 'a', secret: 'short' }, ['body.secret']],
    ['/api/v1/auth/sign-in', { apiKey: SECRET, secret: SECRET }, ['body.apiKey']],
  ];
  for (const [path, body, fields] of cases) {
    const answer = await post(path, JSON.stringify(body));
    const problem = assertProblem(answer, 'INVALID_REQUEST');
    assert.deepEqual(
      problem.fields?.map((field) => field.path),
      fields,
      answer.text,
    );
    assert.ok(!answer.text.includes(SECRET) && !answer.text.includes('cnry'), answer.text);
  }
});

test('400 for a query of unknown names, wrong values, or a name sent twice', async () => {
  const queries = [
    'limit=0',
    'limit=201',
    'limit=1.5',
    'limit=x',
    'limit=',
    'limit=1&limit=1',
    'after=a&after=b',
    'more=1',
    '__proto__=1',
    'constructor=1',
    'limit[]=1',
    `after=${'a'.repeat(65)}`,
    'l%69mit=1&limit=1',
  ];
  for (const query of queries) {
    const answer = await call({ path: `/admin/v1/keys?${query}`, key });
    assertProblem(answer, 'INVALID_REQUEST');
  }
  assertProblem(await call({ path: '/admin/v1/audit/export?limit=1', key }), 'INVALID_REQUEST');
  assertProblem(await call({ path: '/admin/v1/deliveries?state=lost', key }), 'INVALID_REQUEST');
  assertProblem(await call({ path: '/admin/v1/audit/entries?after=-1', key }), 'INVALID_REQUEST');
});

test('400 for a body where none belongs, and none where one does', async () => {
  assertProblem(
    await call({ method: 'POST', path: `/admin/v1/keys/key_${'0'.repeat(26)}/revoke`, key, body: {} }),
    'INVALID_REQUEST',
  );
  assertProblem(
    await call({ method: 'DELETE', path: `/admin/v1/connections/con_${'0'.repeat(26)}`, key, body: {} }),
    'INVALID_REQUEST',
  );
});

test('400 for a header that may be sent once, sent twice', async (t) => {
  const raw = await withRaw(t, gateway);
  const twice = (name: string, value: string) => `${name}: ${value}\r\n${name.toUpperCase()}: ${value}\r\n`;
  const lines = {
    'GET /admin/v1/keys': twice('Authorization', `Bearer ${key}`),
    'GET /admin/v1/audit/export': twice('Authorization', `Bearer ${key}`),
    [`GET /out/con_${'0'.repeat(26)}/x`]: twice('Authorization', `Bearer ${gateway.testKey}`),
    'POST /admin/v1/keys': `Authorization: Bearer ${key}\r\nContent-Length: 0\r\n${twice('Content-Type', 'application/json')}`,
  };
  for (const [line, headers] of Object.entries(lines)) {
    raw.send(`${line} HTTP/1.1\r\nHost: gateway\r\n${headers}\r\n`);
    assertProblem(await raw.answer(), 'INVALID_REQUEST');
  }
});

test('400 PLATFORM_UNKNOWN and HOST_NOT_ALLOWED: a sandbox credential is bound to no other host', async () => {
  const credential = { apiKey: 'api-key-1', secret: 'secret-of-the-platform' };
  const unknown = { platform: 'constructor', name: 'a', credential };
  assertProblem(await post('/admin/v1/connections', unknown), 'PLATFORM_UNKNOWN');
  for (const baseUrl of [
    'https://api.koywe.com',
    'https://evil.test',
    'https://127.0.0.1:1',
    'https://api-sandbox.koywe.com.evil.test',
  ])
    assertProblem(
      await post('/admin/v1/connections', { ...unknown, platform: 'koywe', baseUrl }),
      'HOST_NOT_ALLOWED',
    );
});

test('random JSON to every operation that takes a body: refused or accepted, never a defect', async () => {
  const id = '0'.repeat(26);
  const operations = [
    ['POST', '/admin/v1/keys'],
    ['POST', '/admin/v1/connections'],
    ['PATCH', `/admin/v1/connections/con_${id}`],
    ['POST', '/admin/v1/endpoints'],
    ['PATCH', `/admin/v1/endpoints/ep_${id}`],
    ['POST', '/admin/v1/destinations'],
    ['PATCH', `/admin/v1/destinations/dst_${id}`],
    ['POST', `/admin/v1/events/evt_${id}/replay`],
    ['POST', '/api/v1/auth/sign-in'],
  ] as const;
  const field = fc.constantFrom(
    'kind',
    'name',
    'platform',
    'credential',
    'baseUrl',
    'secret',
    'state',
    'url',
    'destination',
    'apiKey',
    'x',
  );
  const value = fc.oneof(
    fc.constantFrom(
      'test',
      'a',
      'koywe',
      'active',
      'https://127.0.0.1:1/x',
      { apiKey: 'api-key-1', secret: 'secret-of-the-platform' },
      'a'.repeat(16),
      `dst_${id}`,
      `key_${id}`,
    ),
    fc.jsonValue({ maxDepth: 3 }),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...operations),
      fc.oneof(fc.dictionary(field, value), fc.jsonValue()),
      async ([method, path], body) => {
        const answer = await call({ method, path, key, body: JSON.stringify(body), headers: json });
        assert.ok(answer.status < 500, answer.text);
      },
    ),
    { seed: 20_261_125, numRuns: 400 },
  );
});
