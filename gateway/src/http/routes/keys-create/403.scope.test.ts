// Only a key with the scope keys:write makes a key; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName } from '#test/shared-gateway';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 201 for keys:write alone', async () => {
  const answer = await assertScopeNeeded(
    { method: 'POST', path: '/admin/v1/keys', body: { kind: 'test', name: freshName() } },
    'keys:write',
  );
  assert.equal(answer.status, 201, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ method: 'POST', path: '/admin/v1/keys', body: { kind: 'test', name: 'a' } });
});
