// A rotation that never ends its old secrets is none: so many are in force, and no more. U10 Q10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('409 for the fifth secret', async () => {
  const { id } = await anEndpoint();
  const add = () =>
    admin('POST', `/admin/v1/endpoints/${id}/secrets`, { secret: 'a-secret-of-a-webhook-0123' });
  for (let made = 1; made < 4; made++) assert.equal((await add()).status, 201);
  assertProblem(await add(), 'CONFLICT');
});
