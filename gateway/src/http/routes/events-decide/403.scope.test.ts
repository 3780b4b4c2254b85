// Only a key with the scope events:decide decides about events that are held; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aHeldEvent } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for events:decide alone', async () => {
  const { id } = await aHeldEvent();
  assert.equal(
    (await assertScopeNeeded({ method: 'POST', path: `/admin/v1/events/${id}/discard` }, 'events:decide'))
      .status,
    200,
  );
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ method: 'POST', path: '/admin/v1/events/evt_00000000000000000000000000/release' });
});
