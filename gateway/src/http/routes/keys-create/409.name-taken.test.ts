// Of two keys in force with one name there is one; the name of a revoked key is free again. Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';

const { admin } = await sharedGateway();

test('409 CONFLICT while the name is taken', async () => {
  const body = { kind: 'test', name: freshName() };
  const made = await admin('POST', '/admin/v1/keys', body);
  assertProblem(await admin('POST', '/admin/v1/keys', body), 'CONFLICT');
  await admin('POST', `/admin/v1/keys/${made.json<{ key: { id: string } }>().key.id}/revoke`);
  assert.equal((await admin('POST', '/admin/v1/keys', body)).status, 201);
});
