// Only a key with the scope connections:read looks at a connection; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aConnection } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for connections:read alone', async () => {
  const { id } = await aConnection();
  const answer = await assertScopeNeeded({ path: `/admin/v1/connections/${id}` }, 'connections:read');
  assert.equal(answer.status, 200, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ path: '/admin/v1/connections/con_00000000000000000000000000' });
});
