// A platform's own sign-in and rotation are never forwarded, however they are spelt, and the log says who tried. K3 K10 Q3;
// trap "Drop any credential the caller sent".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';

const { actsOn, call, sandbox, testKey: key } = await sharedGateway();

test('403 PATH_NOT_FORWARDED, and nothing reaches the platform', async () => {
  const { id, prefix } = await aConnection();
  const before = sandbox.state().requests.length;
  for (const path of [
    '/api/v1/auth/sign-in',
    '/api/v1/auth/credentials/rotate-secret',
    '/API/v1/Auth/sign-in',
    '/api/v1/%61uth/sign-in',
    '/api/v1/auth;x/sign-in',
  ])
    assertProblem(await call({ method: 'POST', path: prefix + path, key, body: {} }), 'PATH_NOT_FORWARDED');
  assert.equal(sandbox.state().requests.length, before);
  assert.ok((await actsOn(`connection:${id}`)).includes('call.refused: refused by key'));
});
