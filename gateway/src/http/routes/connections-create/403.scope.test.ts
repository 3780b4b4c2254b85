// Only a key with the scope connections:write keeps a credential; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName } from '#test/shared-gateway';
import { canary } from '../../../../../tools/leaks/canaries.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 201 for connections:write alone', async () => {
  const answer = await assertScopeNeeded(
    {
      method: 'POST',
      path: '/admin/v1/connections',
      body: {
        platform: 'koywe',
        name: freshName(),
        credential: { apiKey: 'api-key-1', secret: canary('platformSecret') },
      },
    },
    'connections:write',
  );
  assert.equal(answer.status, 201, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ method: 'POST', path: '/admin/v1/connections', body: {} });
});
