// A rotation that never ends its old secrets is none: a key has four at most. U10 Q10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { call } = await sharedGateway();

test('409 CONFLICT for the fifth secret in force', async () => {
  const { secret: key } = await aKey();
  const rotate = () => call({ method: 'POST', path: '/api/v1/auth/credentials/rotate-secret', key });
  for (let count = 0; count < 3; count++) assert.equal((await rotate()).status, 200);
  assertProblem(await rotate(), 'CONFLICT');
});
