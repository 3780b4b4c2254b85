// Only a key with the scope keys:write revokes a key; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aKey } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for keys:write alone', async () => {
  const { id } = await aKey();
  const answer = await assertScopeNeeded(
    { method: 'POST', path: `/admin/v1/keys/${id}/revoke` },
    'keys:write',
  );
  assert.equal(answer.status, 200, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ method: 'POST', path: '/admin/v1/keys/key_00000000000000000000000000/revoke' });
});
