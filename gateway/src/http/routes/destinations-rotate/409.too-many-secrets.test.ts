// A rotation that never ends its old secrets is none: four are in force at most, and what is pulled has none. U10 Q10.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('409 CONFLICT for the fifth secret in force', async () => {
  const { id } = await aDestination();
  for (let count = 0; count < 3; count++) await admin('POST', `/admin/v1/destinations/${id}/rotate-secret`);
  assertProblem(await admin('POST', `/admin/v1/destinations/${id}/rotate-secret`), 'CONFLICT');
});

test('409 CONFLICT for a destination that is pulled from', async () => {
  const made = await admin('POST', '/admin/v1/destinations', { name: freshName(), kind: 'pull' });
  const { id } = made.json<{ destination: { id: string } }>().destination;
  assertProblem(await admin('POST', `/admin/v1/destinations/${id}/rotate-secret`), 'CONFLICT');
});
