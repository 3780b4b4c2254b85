// Only a key with the scope connections:write changes a connection; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aConnection } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for connections:write alone', async () => {
  const { id } = await aConnection();
  const answer = await assertScopeNeeded(
    { method: 'PATCH', path: `/admin/v1/connections/${id}`, body: { requestChecks: 'off' } },
    'connections:write',
  );
  assert.equal(answer.status, 200, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({
    method: 'PATCH',
    path: '/admin/v1/connections/con_00000000000000000000000000',
    body: { requestChecks: 'off' },
  });
});
