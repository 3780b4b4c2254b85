// Only a key with the scope endpoints:read looks at an endpoint; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEndpoint } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for endpoints:read alone', async () => {
  const { id } = await anEndpoint();
  const answer = await assertScopeNeeded({ path: `/admin/v1/endpoints/${id}` }, 'endpoints:read');
  assert.equal(answer.status, 200, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ path: '/admin/v1/endpoints/ep_00000000000000000000000000' });
});
