// A key is shown with its settings and which secrets are in force, by id; no secret is. K1 U10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with the key as it was made and one secret in force', async () => {
  const { id, secret } = await aKey({ note: 'the shop' });
  const answer = await admin('GET', `/admin/v1/keys/${id}`);
  assert.equal(answer.status, 200);
  const { key, secrets } = answer.json<{
    key: { id: string; note: string };
    secrets: { id: string; retiresAt: string | null }[];
  }>();
  assert.equal(key.id, id);
  assert.equal(key.note, 'the shop');
  assert.deepEqual(
    secrets.map(({ retiresAt }) => retiresAt),
    [null],
  );
  assert.ok(!answer.text.includes(secret.slice('sk_test_syp_'.length)));
});
