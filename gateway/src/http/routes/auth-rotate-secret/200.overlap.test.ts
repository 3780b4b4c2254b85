// An application replaces its own secret and no other's; the old one works on for the overlap, and so does a lost answer. K4
// K5 U10 Q10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { actsOn, call } = await sharedGateway();
const path = '/api/v1/auth/credentials/rotate-secret';
const rotate = (key: string, headers: Record<string, string> = {}) =>
  call({ method: 'POST', path, key, headers });
const nowhere = `/out/con_${'0'.repeat(26)}/x`;

test('200 with the new secret; both work', async () => {
  const { id, secret: old } = await aKey();
  const answer = await rotate(old);
  assert.equal(answer.status, 200);
  const { secret } = answer.json<{ secret: string }>();
  assert.match(secret, /^sk_test_syp_/);
  for (const key of [old, secret]) assertProblem(await call({ path: nowhere, key }), 'CONNECTION_NOT_FOUND');
  assert.deepEqual(await actsOn(`key:${id}`), ['key.created: success by key', 'key.rotated: success by key']);
});

test('200 with the same secret for whoever repeats the request by its Idempotency-Key', async () => {
  const { secret: key } = await aKey();
  const headers = { 'idempotency-key': 'rotation-of-november' };
  const first = await rotate(key, headers);
  assert.deepEqual((await rotate(key, headers)).json(), first.json());
  const other = await rotate((await aKey()).secret, headers);
  assert.notEqual(other.json()['secret'], first.json()['secret']);
});
