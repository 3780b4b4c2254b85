// Only a key with the scope events:reveal sees the body of an event; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEvent } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for events:reveal alone', async () => {
  const { id } = await anEvent();
  const answer = await assertScopeNeeded(
    { method: 'POST', path: `/admin/v1/events/${id}/reveal` },
    'events:reveal',
  );
  assert.equal(answer.status, 200, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ method: 'POST', path: '/admin/v1/events/evt_00000000000000000000000000/reveal' });
});
