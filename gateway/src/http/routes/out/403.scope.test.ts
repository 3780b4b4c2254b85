// Only a key with the scope calls:send calls a platform; an administration key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 404 for calls:send alone', async () => {
  const answer = await assertScopeNeeded({ path: `/out/con_${'0'.repeat(26)}/x` }, 'calls:send');
  assert.equal(answer.status, 404, answer.text);
});

test('403 for an administration key', async () => {
  await assertKindNeeded({ path: `/out/con_${'0'.repeat(26)}/x` });
});
