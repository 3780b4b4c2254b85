// An application replaces its own secret over the network, and loses neither the answer nor a request meanwhile; a person can't. K4 U10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withClient } from '#test/client';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';
import { newCredentialText } from './access/credential-text.ts';

const path = '/api/v1/auth/credentials/rotate-secret';

test('K4 U10 an application rotates its own secret, also when an answer was lost', async (t) => {
  const gatewayTest = await withGateway(t);
  const { testKey } = gatewayTest;
  const call = withClient(t, gatewayTest);
  const rotate = (key: string, headers = {}) =>
    call({ method: 'POST', path, key, headers, body: { overlapSeconds: 3_600 } });

  const requestKey = { 'idempotency-key': 'rotation-1' };
  const first = await rotate(testKey, requestKey);
  assert.equal(first.status, 200, first.text);
  const { secret } = first.json<{ secret: string }>();
  assert.match(secret, /^sk_test_syp_\w{38}$/);
  assert.notEqual(secret, testKey);
  // Whoever lost the answer has the old secret alone: it works on, and gets the same answer.
  assert.deepEqual((await rotate(testKey, requestKey)).json(), { secret });

  const next = (await rotate(secret)).json<{ secret: string }>().secret;
  assert.notEqual(next, secret);
  for (const key of [testKey, secret, next]) {
    const known = await call({ path: '/out/con_00000000000000000000000000/', key });
    assertProblem(known, 'CONNECTION_NOT_FOUND');
  }
});

test('K4 a person can not rotate, nor can an administration key, and nobody without the scope', async (t) => {
  const gatewayTest = await withGateway(t);
  const { adminKey } = gatewayTest;
  const call = withClient(t, gatewayTest);
  const rotate = (key: string) => call({ method: 'POST', path, key });
  const body = { kind: 'test', name: 'narrow', scopes: ['calls:send'] };
  const made = await call({ method: 'POST', path: '/admin/v1/keys', key: adminKey, body });
  assertProblem(await rotate(newCredentialText('session')), 'SESSION_REFUSED');
  assertProblem(await rotate(adminKey), 'WRONG_KEY_KIND');
  assertProblem(await rotate(made.json<{ secret: string }>().secret), 'SCOPE_MISSING');
});
