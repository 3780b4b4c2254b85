// Only a key with the scope destinations:write names an application; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName } from '#test/shared-gateway';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 201 for destinations:write alone', async () => {
  const answer = await assertScopeNeeded(
    {
      method: 'POST',
      path: '/admin/v1/destinations',
      body: { name: freshName(), url: 'https://app.test/x' },
    },
    'destinations:write',
  );
  assert.equal(answer.status, 201, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ method: 'POST', path: '/admin/v1/destinations', body: {} });
});
