// A new secret works at once and is shown this once; the old one works on for the overlap. U10 Q10 K2 L2.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, actsOn, call } = await sharedGateway();
interface Rotated {
  readonly id: string;
  readonly secret: string;
  readonly previousRetireAt: string;
}
const nowhere = `/out/con_${'0'.repeat(26)}/x`;

test('201 with the new secret; both are in force, and the old one has an end', async () => {
  const { id, secret: old } = await aKey();
  const answer = await admin('POST', `/admin/v1/keys/${id}/rotate`, { overlapSeconds: 3_600 });
  assert.equal(answer.status, 201);
  const { id: secretId, secret, previousRetireAt } = answer.json<Rotated>();
  for (const key of [old, secret]) assertProblem(await call({ path: nowhere, key }), 'CONNECTION_NOT_FOUND');
  const shown = await admin('GET', `/admin/v1/keys/${id}`);
  const { secrets } = shown.json<{ secrets: { id: string; retiresAt: string | null }[] }>();
  assert.deepEqual(
    secrets.map(({ retiresAt }) => retiresAt),
    [null, previousRetireAt],
  );
  assert.equal(secrets[0]?.id, secretId);
  assert.ok(!shown.text.includes(secret.slice('sk_test_syp_'.length)));
  assert.deepEqual(await actsOn(`key:${id}`), ['key.created: success by key', 'key.rotated: success by key']);
});

test('201 without a body; with an overlap of nothing the old one has ended', async () => {
  const { id, secret: old } = await aKey();
  assert.equal((await admin('POST', `/admin/v1/keys/${id}/rotate`)).status, 201);
  await admin('POST', `/admin/v1/keys/${id}/rotate`, { overlapSeconds: 0 });
  assertProblem(await call({ path: nowhere, key: old }), 'KEY_RETIRED');
});
