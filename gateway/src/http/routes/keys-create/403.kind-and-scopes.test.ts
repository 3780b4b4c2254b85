// No key is made of a kind that the environment has not, and none that can more than who makes it. K3 Q3 P2 L3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';

const { admin, call, keyWith } = await sharedGateway();
const path = '/admin/v1/keys';

test('403 WRONG_KEY_KIND for a live key where only test keys belong', async () => {
  assertProblem(await admin('POST', path, { kind: 'live', name: freshName() }), 'WRONG_KEY_KIND');
});

test('403 SCOPE_NOT_HELD: nobody gives an administration scope that they lack', async () => {
  const key = await keyWith({ kind: 'admin', scopes: ['keys:write'] });
  const make = (scopes: readonly string[]) =>
    call({ method: 'POST', path, key, body: { kind: 'admin', name: freshName(), scopes } });
  const { detail } = assertProblem(await make(['keys:write', 'audit:read']), 'SCOPE_NOT_HELD');
  assert.match(detail, /audit:read/);
  assert.equal((await make(['keys:write'])).status, 201);
});
