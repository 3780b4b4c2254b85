// Only a key with the scope endpoints:read lists secrets; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEndpoint } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for endpoints:read alone', async () => {
  const { id } = await anEndpoint();
  assert.equal(
    (await assertScopeNeeded({ method: 'GET', path: `/admin/v1/endpoints/${id}/secrets` }, 'endpoints:read'))
      .status,
    200,
  );
});

test("403 for an application's key", async () => {
  await assertKindNeeded({
    method: 'GET',
    path: '/admin/v1/endpoints/ep_00000000000000000000000000/secrets',
  });
});
