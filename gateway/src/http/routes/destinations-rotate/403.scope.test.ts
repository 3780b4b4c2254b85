// Only a key with the scope destinations:write gives a destination new secrets; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDestination } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 201 for destinations:write alone', async () => {
  const { id } = await aDestination();
  const answer = await assertScopeNeeded(
    { method: 'POST', path: `/admin/v1/destinations/${id}/rotate-secret`, body: {} },
    'destinations:write',
  );
  assert.equal(answer.status, 201, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({
    method: 'POST',
    path: '/admin/v1/destinations/dst_00000000000000000000000000/rotate-secret',
    body: {},
  });
});
