// Only a key with the scope keys:write ends a secret; an application's key never does. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, 204 for keys:write alone', async () => {
  const { admin } = await sharedGateway();
  const { id } = await aKey();
  const secret = (await admin('GET', `/admin/v1/keys/${id}`)).json<{ secrets: { id: string }[] }>().secrets[0]
    ?.id;
  await admin('POST', `/admin/v1/keys/${id}/rotate`);
  const retire = { method: 'POST', path: `/admin/v1/keys/${id}/retire`, body: { secret } } as const;
  assert.equal((await assertScopeNeeded(retire, 'keys:write')).status, 204);
});

test("403 for an application's key", async () => {
  await assertKindNeeded({
    method: 'POST',
    path: '/admin/v1/keys/key_00000000000000000000000000/retire',
    body: {},
  });
});
