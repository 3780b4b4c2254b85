// 403: each kind of key works where it belongs, and says so where it doesn't; a platform's own sign-in is not forwarded.
// Q3 K3 K10; trap "Drop any credential the caller sent".

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

test('403 WRONG_KEY_KIND: an application key administers nothing, an administration key forwards nothing', async () => {
  for (const [template, methods] of Object.entries(document.paths)) {
    for (const [name, operation] of Object.entries(methods)) {
      const method = Object.entries(METHODS).find(([lower]) => lower === name)?.[1];
      const [scheme] = operation.security.flatMap((one) => Object.keys(one));
      if (scheme === undefined || method === undefined) continue;
      const path = template.replaceAll(/\{\w+\}/g, 'x');
      const answer = await call({ method, path, key: scheme === 'runtime' ? adminKey : testKey });
      const problem = assertProblem(answer, 'WRONG_KEY_KIND');
      assert.match(problem.detail, scheme === 'runtime' ? /test or live key/ : /sk_admin_/);
    }
  }
});

test('403 for a key of a kind that the environment does not have, and for signing in with an administration key', async () => {
  const made = await call({
    method: 'POST',
    path: '/admin/v1/keys',
    key: adminKey,
    body: { kind: 'live', name: 'a' },
  });
  assertProblem(made, 'WRONG_KEY_KIND');
  const { items } = (await call({ path: '/admin/v1/keys', key: adminKey })).json<{
    items: { id: string; kind: string }[];
  }>();
  const apiKey = items.find(({ kind }) => kind === 'admin')?.id ?? assert.fail();
  const signIn = await call({
    method: 'POST',
    path: '/api/v1/auth/sign-in',
    body: { apiKey, secret: adminKey },
  });
  assertProblem(signIn, 'WRONG_KEY_KIND');
});

test("403 PATH_NOT_FORWARDED for a platform's own sign-in and rotation", async () => {
  const { koywe, sandbox } = gateway;
  const connection = (
    await call({
      method: 'POST',
      path: '/admin/v1/connections',
      key: adminKey,
      body: {
        platform: 'koywe',
        name: 'koywe',
        credential: { apiKey: koywe.apiKey, secret: koywe.secret },
        baseUrl: sandbox.url,
      },
    })
  ).json<{ prefix: string }>();
  for (const path of [
    '/api/v1/auth/sign-in',
    '/api/v1/auth/credentials/rotate-secret',
    '/API/v1/Auth/sign-in',
    '/api/v1/%61uth/sign-in',
    '/api/v1/auth;x/sign-in',
  ])
    assertProblem(
      await call({ method: 'POST', path: connection.prefix + path, key: testKey, body: {} }),
      'PATH_NOT_FORWARDED',
    );
});
