// What a key may do changes at once, only in what was sent, and the log has it. P2 L3 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, actsOn, call } = await sharedGateway();

test('200 with the key as it is now; the next request is judged by it', async () => {
  const { id, secret: key } = await aKey({ note: 'the shop' });
  const out = { path: `/out/con_${'0'.repeat(26)}/x`, key };
  assertProblem(await call(out), 'CONNECTION_NOT_FOUND');
  const answer = await admin('PATCH', `/admin/v1/keys/${id}`, { scopes: [], owner: 'Ana' });
  assert.equal(answer.status, 200);
  const { scopes, owner, note } = answer.json();
  assert.deepEqual({ scopes, owner, note }, { scopes: [], owner: 'Ana', note: 'the shop' });
  assertProblem(await call(out), 'SCOPE_MISSING');
  assert.deepEqual((await actsOn(`key:${id}`)).slice(0, 2), [
    'key.created: success by key',
    'key.changed: success by key',
  ]);
});

test('200 the same for the same change again', async () => {
  const { id } = await aKey();
  const change = () => admin('PATCH', `/admin/v1/keys/${id}`, { note: 'twice' });
  assert.deepEqual((await change()).json(), (await change()).json());
});
