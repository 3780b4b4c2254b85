// Only a key with the scope endpoints:write adds secrets; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEndpoint } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 201 for endpoints:write alone', async () => {
  const { id } = await anEndpoint();
  const body = { secret: 'a-secret-of-a-webhook-0123' };
  assert.equal(
    (
      await assertScopeNeeded(
        { method: 'POST', path: `/admin/v1/endpoints/${id}/secrets`, body },
        'endpoints:write',
      )
    ).status,
    201,
  );
});

test("403 for an application's key", async () => {
  await assertKindNeeded({
    method: 'POST',
    path: '/admin/v1/endpoints/ep_00000000000000000000000000/secrets',
    body: { secret: 'a-secret-of-a-webhook-0123' },
  });
});
