// Only a key with the scope secret:rotate replaces its own secret; an administration key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 200 for secret:rotate alone', async () => {
  const answer = await assertScopeNeeded(
    { method: 'POST', path: '/api/v1/auth/credentials/rotate-secret' },
    'secret:rotate',
  );
  assert.equal(answer.status, 200, answer.text);
});

test('403 for an administration key', async () => {
  await assertKindNeeded({ method: 'POST', path: '/api/v1/auth/credentials/rotate-secret' });
});
