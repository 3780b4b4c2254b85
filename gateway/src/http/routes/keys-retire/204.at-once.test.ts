// An old secret ends at once when it is retired, and the log has it. U10 Q10 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, actsOn, call } = await sharedGateway();

test('204 without a body: the old secret is refused, the new one goes on', async () => {
  const { id, secret: old } = await aKey();
  const { secrets } = (await admin('GET', `/admin/v1/keys/${id}`)).json<{ secrets: { id: string }[] }>();
  const rotated = await admin('POST', `/admin/v1/keys/${id}/rotate`);
  const answer = await admin('POST', `/admin/v1/keys/${id}/retire`, { secret: secrets[0]?.id });
  assert.equal(answer.status, 204);
  assert.equal(answer.text, '');
  const nowhere = `/out/con_${'0'.repeat(26)}/x`;
  assertProblem(await call({ path: nowhere, key: old }), 'KEY_RETIRED');
  const { secret: key } = rotated.json<{ secret: string }>();
  assertProblem(await call({ path: nowhere, key }), 'CONNECTION_NOT_FOUND');
  const acts = await actsOn(`key:${id}`);
  assert.deepEqual(acts.slice(1, 3), ['key.rotated: success by key', 'key.secret_retired: success by key']);
});
