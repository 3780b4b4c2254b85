// A removed connection forwards nothing from then on, is not there twice, and the log still has it. K1 Q16 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';

const { admin, actsOn, call, testKey: key } = await sharedGateway();

test('204 without a body; then 404 wherever it was', async () => {
  const { id, prefix } = await aConnection();
  const path = `/admin/v1/connections/${id}`;
  const answer = await admin('DELETE', path);
  assert.equal(answer.status, 204);
  assert.equal(answer.text, '');
  for (const again of [
    await admin('DELETE', path),
    await admin('GET', path),
    await call({ path: `${prefix}/x`, key }),
  ])
    assertProblem(again, 'CONNECTION_NOT_FOUND');
  assert.deepEqual((await actsOn(`connection:${id}`)).slice(0, 2), [
    'connection.created: success by key',
    'connection.removed: success by key',
  ]);
});
