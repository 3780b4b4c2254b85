// A revoked key and its bearer tokens are dead at once; revoking again changes nothing. Q16 P13 K23; trap "Revocation races
// with a cache fill".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, actsOn, call } = await sharedGateway();

test('200: the key and the token made with it are refused from the next request on', async () => {
  const { id, secret } = await aKey();
  const signIn = () => call({ method: 'POST', path: '/api/v1/auth/sign-in', body: { apiKey: id, secret } });
  const { token } = (await signIn()).json<{ token: string }>();
  const out = `/out/con_${'0'.repeat(26)}/x`;
  for (const key of [secret, token]) assertProblem(await call({ path: out, key }), 'CONNECTION_NOT_FOUND');
  const revoked = await admin('POST', `/admin/v1/keys/${id}/revoke`);
  assert.equal(revoked.status, 200);
  assert.notEqual(revoked.json()['revokedAt'], null);
  for (const key of [secret, token]) assertProblem(await call({ path: out, key }), 'KEY_REVOKED');
  assertProblem(await signIn(), 'KEY_REVOKED');
});

test('200 again with the same answer, and one act in the log', async () => {
  const { id } = await aKey();
  const first = await admin('POST', `/admin/v1/keys/${id}/revoke`);
  const again = await admin('POST', `/admin/v1/keys/${id}/revoke`);
  assert.deepEqual(again.json(), first.json());
  assert.deepEqual(await actsOn(`key:${id}`), ['key.created: success by key', 'key.revoked: success by key']);
});
