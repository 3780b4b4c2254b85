// Only a key with the scope endpoints:write ends secrets; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aRotatedEndpoint } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 204 for endpoints:write alone', async () => {
  const { id, secret } = await aRotatedEndpoint();
  assert.equal(
    (
      await assertScopeNeeded(
        { method: 'POST', path: `/admin/v1/endpoints/${id}/secrets/retire`, body: { secret } },
        'endpoints:write',
      )
    ).status,
    204,
  );
});

test("403 for an application's key", async () => {
  await assertKindNeeded({
    method: 'POST',
    path: '/admin/v1/endpoints/ep_00000000000000000000000000/secrets/retire',
    body: { secret: 'sec_00000000000000000000000000' },
  });
});
