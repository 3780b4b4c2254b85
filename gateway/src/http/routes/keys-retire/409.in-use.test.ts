// A secret that is still in use ends only by force, and the only one of a key never does. U10 Q10; trap "401 in flight during
// a rotation".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, call } = await sharedGateway();
const secretsOf = async (id: string) =>
  (await admin('GET', `/admin/v1/keys/${id}`)).json<{ secrets: { id: string }[] }>().secrets;

test('409 SECRET_IN_USE tells who uses it; with force it ends', async () => {
  const { id, secret: key } = await aKey();
  await call({ path: `/out/con_${'0'.repeat(26)}/x`, key, headers: { 'user-agent': 'the shop' } });
  const [old] = await secretsOf(id);
  await admin('POST', `/admin/v1/keys/${id}/rotate`);
  const retire = (body: object) => admin('POST', `/admin/v1/keys/${id}/retire`, body);
  const { detail } = assertProblem(await retire({ secret: old?.id }), 'SECRET_IN_USE');
  assert.match(detail, /127\.0\.0\.1 \(the shop\)/);
  assert.equal((await retire({ secret: old?.id, force: true })).status, 204);
});

test('409 CONFLICT for the only secret, by force as well', async () => {
  const { id } = await aKey();
  const [only] = await secretsOf(id);
  const answer = await admin('POST', `/admin/v1/keys/${id}/retire`, { secret: only?.id, force: true });
  assertProblem(answer, 'CONFLICT');
});
