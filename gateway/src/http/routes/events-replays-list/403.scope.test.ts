// Only a key with the scope events:read lists replays; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for events:read alone', async () => {
  const answer = await assertScopeNeeded({ path: '/admin/v1/replays' }, 'events:read');
  assert.equal(answer.status, 200, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ path: '/admin/v1/replays' });
});
