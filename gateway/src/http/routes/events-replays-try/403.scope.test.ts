// Only a key with the scope events:replay tries a replay; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for events:replay alone', async () => {
  const answer = await assertScopeNeeded(
    {
      method: 'POST',
      path: '/admin/v1/replays/try',
      body: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' },
    },
    'events:replay',
  );
  assert.equal(answer.status, 200, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({
    method: 'POST',
    path: '/admin/v1/replays/try',
    body: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' },
  });
});
