// Nobody gives a key an administration scope that they do not have. P2 L3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';

const { admin, call, keyWith } = await sharedGateway();

test('403 SCOPE_NOT_HELD, and the key is as it was', async () => {
  const made = await admin('POST', '/admin/v1/keys', { kind: 'admin', name: freshName() });
  const { id } = made.json<{ key: { id: string } }>().key;
  const key = await keyWith({ kind: 'admin', scopes: ['keys:write'] });
  const body = { scopes: ['events:reveal'] };
  const answer = await call({ method: 'PATCH', path: `/admin/v1/keys/${id}`, key, body });
  assertProblem(answer, 'SCOPE_NOT_HELD');
  const { key: after } = (await admin('GET', `/admin/v1/keys/${id}`)).json<{ key: { scopes: string[] } }>();
  assert.deepEqual(after.scopes, []);
});
