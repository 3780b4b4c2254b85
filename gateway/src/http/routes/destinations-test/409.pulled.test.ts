// Nothing can be sent to a destination that is pulled from.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';

const { admin } = await sharedGateway();

test('409 CONFLICT', async () => {
  const made = await admin('POST', '/admin/v1/destinations', { name: freshName(), kind: 'pull' });
  const { id } = made.json<{ destination: { id: string } }>().destination;
  assertProblem(await admin('POST', `/admin/v1/destinations/${id}/test`), 'CONFLICT');
});
