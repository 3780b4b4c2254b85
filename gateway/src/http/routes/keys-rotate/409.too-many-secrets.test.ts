// A rotation that never ends its old secrets is none: a key has four at most. U10 Q10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('409 CONFLICT for the fifth secret in force, until one is retired', async () => {
  const { id } = await aKey();
  const rotate = () => admin('POST', `/admin/v1/keys/${id}/rotate`);
  const made = await rotate();
  await rotate();
  await rotate();
  assertProblem(await rotate(), 'CONFLICT');
  const body = { secret: made.json<{ id: string }>().id };
  assert.equal((await admin('POST', `/admin/v1/keys/${id}/retire`, body)).status, 204);
  assert.equal((await rotate()).status, 201);
});
