// 400: at every operation, what is not one JSON value of bounded depth, or not asked for, is refused without repeating a
// value, before anything is done. The fields of each route are in its folder.
// K16 U14 K19 K11; traps "Fastify: content-type differentials", "Lenient decoding".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterFile } from '#test/database';
import { withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { type DescribedOperation, describedOperations } from './operations.fixture.ts';

const gateway = await withGateway(afterFile);
const call = await withDescribedClient(afterFile, gateway);
const { adminKey, testKey } = gateway;
const headers = { 'content-type': 'application/json' };
const operations = await describedOperations();
const withJson = operations.filter(({ body }) => body === 'json');
const SECRET = 'cnry-value-that-must-not-come-back-0001';

const send = (
  { method, path, security }: Pick<DescribedOperation, 'method' | 'path' | 'security'>,
  { body, query = '' }: { readonly body?: string | Uint8Array; readonly query?: string },
) =>
  call({
    method,
    path: path + query,
    ...(security === null ? {} : { key: security === 'runtime' ? testKey : adminKey }),
    ...(body === undefined ? {} : { body, headers }),
  });

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
  '['.repeat(60_000),
  `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  'NaN',
  Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
];

test('400 MALFORMED_BODY at every operation that takes JSON', async () => {
  assert.ok(withJson.length > 10);
  for (const operation of withJson)
    for (const body of MALFORMED.filter((one) => one !== '' || operation.path === '/admin/v1/keys'))
      assertProblem(await send(operation, { body }), 'MALFORMED_BODY');
});

test('400 INVALID_REQUEST for JSON that is no object, which does not come back', async () => {
  for (const operation of withJson) {
    for (const body of ['null', '[]', '1', `"${SECRET}"`, `["${SECRET}"]`]) {
      const answer = await send(operation, { body });
      const problem = assertProblem(answer, 'INVALID_REQUEST');
      assert.deepEqual(
        problem.fields?.map(({ path }) => path),
        ['body'],
        answer.text,
      );
      assert.ok(!answer.text.includes('cnry'), answer.text);
    }
  }
});

test('400 at every operation of ours for a query it has not, or a name sent twice', async () => {
  for (const operation of operations.filter(({ path }) => /^\/(?:admin|api|v1)\//.test(path))) {
    const given = operation.body === 'json' ? { body: '{}' } : {};
    for (const query of ['?more=1', '?__proto__=1', '?constructor=1', '?a=1&a=2', '?l%69mit=1&limit=1'])
      assertProblem(await send(operation, { ...given, query }), 'INVALID_REQUEST');
  }
});

test('400 for a body where none belongs', async () => {
  const without = operations.filter(({ body, path }) => body === null && !path.startsWith('/out/'));
  assert.ok(without.length > 10);
  for (const operation of without) {
    if (operation.method === 'HEAD') continue; // no client sends one with it
    assertProblem(await send(operation, { body: '{}' }), 'INVALID_REQUEST');
  }
});

test('400 for a header that may be sent once, sent twice', async (t) => {
  const raw = await withRaw(t, gateway);
  const twice = (name: string, value: string) => `${name}: ${value}\r\n${name.toUpperCase()}: ${value}\r\n`;
  for (const { method, path, security } of operations) {
    if (security === null) continue;
    const authorization = twice('Authorization', `Bearer ${security === 'runtime' ? testKey : adminKey}`);
    raw.send(`${method} ${path} HTTP/1.1\r\nHost: gateway\r\n${authorization}Content-Length: 0\r\n\r\n`);
    assertProblem(await raw.answer(), 'INVALID_REQUEST');
  }
  const type = twice('Content-Type', 'application/json');
  raw.send(
    `POST /admin/v1/keys HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${adminKey}\r\nContent-Length: 0\r\n${type}\r\n`,
  );
  assertProblem(await raw.answer(), 'INVALID_REQUEST');
});

test('random JSON to every operation that takes it: refused or accepted, never a defect', async () => {
  const id = '0'.repeat(26);
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
    'scheme',
    'algorithm',
    'signer',
    'scopes',
    'allowedAddresses',
    'overlapSeconds',
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
  // Its own secret would be replaced by a body that is accepted: keys for that are made in its folder.
  const some = withJson.filter(({ path }) => !path.endsWith('/rotate-secret'));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...some),
      fc.oneof(fc.dictionary(field, value), fc.jsonValue()),
      async (operation, body) => {
        const answer = await send(operation, { body: JSON.stringify(body) });
        assert.ok(answer.status < 500, answer.text);
      },
    ),
    { seed: 20_261_125, numRuns: 400 },
  );
});
