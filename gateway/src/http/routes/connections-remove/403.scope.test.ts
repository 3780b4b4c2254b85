// Only a key with the scope connections:write removes a connection; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aConnection } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 204 for connections:write alone', async () => {
  const { id } = await aConnection();
  const answer = await assertScopeNeeded(
    { method: 'DELETE', path: `/admin/v1/connections/${id}` },
    'connections:write',
  );
  assert.equal(answer.status, 204, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ method: 'DELETE', path: '/admin/v1/connections/con_00000000000000000000000000' });
});
