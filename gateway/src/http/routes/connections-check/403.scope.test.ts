// Only a key with the scope connections:write tries a credential; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aConnection } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for connections:write alone', async () => {
  const { id } = await aConnection();
  const answer = await assertScopeNeeded(
    { method: 'POST', path: `/admin/v1/connections/${id}/check` },
    'connections:write',
  );
  assert.equal(answer.status, 200, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({
    method: 'POST',
    path: '/admin/v1/connections/con_00000000000000000000000000/check',
  });
});
