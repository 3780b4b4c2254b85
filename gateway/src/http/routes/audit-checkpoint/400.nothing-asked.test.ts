// There is one newest checkpoint: whoever asks for another is refused, not misled. K16.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { assertFields } from '../refusals.fixture.ts';

test('400 for a query and for a body', async () => {
  await assertFields({ path: '/admin/v1/audit/checkpoint?size=1' }, ['query']);
  const { admin } = await sharedGateway();
  assertProblem(await admin('GET', '/admin/v1/audit/checkpoint', {}), 'INVALID_REQUEST');
});
