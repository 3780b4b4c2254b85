// 401: without a credential in force, in the one header it belongs in, nothing of the gateway answers but signs of life.
// K11 Q16 U11 K10; trap "A missing signature header must fail".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterFile } from '#test/database';
import { readOpenApi, withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';

const gateway = await withGateway(afterFile, { limits: { refusalWindowMs: 100 } });
const call = await withDescribedClient(afterFile, gateway);
const document = await readOpenApi();
const { adminKey, testKey } = gateway;
const METHODS = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' } as const;

test('401 at every operation that is not public, before its input is looked at', async () => {
  let asked = 0;
  for (const [template, methods] of Object.entries(document.paths)) {
    for (const [name, operation] of Object.entries(methods)) {
      const method = Object.entries(METHODS).find(([lower]) => lower === name)?.[1];
      if (operation.security.length === 0 || method === undefined) continue;
      const path = template.replaceAll(/\{\w+\}/g, 'x');
      assertProblem(await call({ method, path }), 'UNAUTHENTICATED');
      assertProblem(await call({ method, path, key: 'x' }), 'KEY_MALFORMED');
      assertProblem(
        await call({ method, path, key: `${testKey.slice(0, -1)}${testKey.endsWith('0') ? '1' : '0'}` }),
        'KEY_MALFORMED',
      );
      asked += 1;
    }
  }
  assert.ok(asked >= 25);
});

test('401 for the credential anywhere but in the Authorization header', async () => {
  const path = '/admin/v1/keys';
  for (const headers of [
    { authorization: adminKey },
    { authorization: `Basic ${btoa(`${adminKey}:`)}` },
    { authorization: `Bearer  ${adminKey}` },
    { authorization: `Bearer ${adminKey}, Bearer ${adminKey}` },
    { 'x-api-key': adminKey },
    { cookie: `token=${adminKey}` },
    { 'proxy-authorization': `Bearer ${adminKey}` },
  ] as Record<string, string>[])
    assertProblem(await call({ path, headers }), 'UNAUTHENTICATED');
  const lower = await call({ path, headers: { authorization: `bearer ${adminKey}` } });
  assert.equal(lower.status, 200, 'the scheme has no case (RFC 9110 section 11.1)');
});

test('401 INVALID_CREDENTIALS, KEY_REVOKED: signing in, using and revoking over HTTP', async () => {
  const admin = (method: 'GET' | 'POST', path: string, body?: object) =>
    call({ method, path, key: adminKey, ...(body === undefined ? {} : { body }) });
  const made = (
    await admin('POST', '/admin/v1/keys', { kind: 'test', name: 'one', scopes: ['calls:send'] })
  ).json<{
    key: { id: string };
    secret: string;
  }>();
  const signIn = (apiKey: string, secret: string) =>
    call({ method: 'POST', path: '/api/v1/auth/sign-in', body: { apiKey, secret } });
  assertProblem(await signIn(made.key.id, testKey), 'INVALID_CREDENTIALS');
  assertProblem(await signIn(`key_${'0'.repeat(26)}`, made.secret), 'INVALID_CREDENTIALS');
  assertProblem(await signIn(made.key.id, 'x'), 'INVALID_CREDENTIALS');
  const signedIn = await signIn(made.key.id, made.secret);
  const { token, expiresIn } = signedIn.json<{ token: string; expiresIn: number }>();
  assert.equal(signedIn.status, 200);
  assert.equal(expiresIn, 3_600);
  const out = `/out/con_${'0'.repeat(26)}/x`;
  for (const key of [token, made.secret])
    assertProblem(await call({ path: out, key }), 'CONNECTION_NOT_FOUND');
  const revoked = await admin('POST', `/admin/v1/keys/${made.key.id}/revoke`);
  assert.equal(revoked.status, 200);
  assert.notEqual(revoked.json()['revokedAt'], null);
  for (const key of [token, made.secret]) assertProblem(await call({ path: out, key }), 'KEY_REVOKED');
  assertProblem(await signIn(made.key.id, made.secret), 'KEY_REVOKED');
  const listed = (await admin('GET', '/admin/v1/keys')).text;
  assert.ok(!listed.includes(made.secret.slice(12)));
});

test('401 WEBHOOK_REFUSED says nothing about why', async () => {
  const made = await call({
    method: 'POST',
    path: '/admin/v1/endpoints',
    key: adminKey,
    body: { platform: 'koywe', name: 'a', secret: 'a'.repeat(32) },
  });
  const { path } = made.json<{ path: string }>();
  const details = new Set<string>();
  for (const headers of [
    {},
    { 'koywe-signature': '' },
    { 'koywe-signature': 'f'.repeat(64) },
    { 'koywe-signature': 'é'.repeat(64) },
  ] as Record<string, string>[]) {
    const problem = assertProblem(
      await call({ method: 'POST', path, body: '{"id":"1"}', headers }),
      'WEBHOOK_REFUSED',
    );
    details.add(problem.detail);
  }
  assert.equal(details.size, 1);
});
