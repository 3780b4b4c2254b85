// Only a key with the scope endpoints:write makes an endpoint; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName } from '#test/shared-gateway';
import { webhookSecret } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 201 for endpoints:write alone', async () => {
  const answer = await assertScopeNeeded(
    {
      method: 'POST',
      path: '/admin/v1/endpoints',
      body: { platform: 'koywe', name: freshName(), secret: webhookSecret() },
    },
    'endpoints:write',
  );
  assert.equal(answer.status, 201, answer.text);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({ method: 'POST', path: '/admin/v1/endpoints', body: {} });
});
