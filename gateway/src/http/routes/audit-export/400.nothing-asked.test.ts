// A part of the log does not verify, so none can be asked for. K16 K23.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { assertFields } from '../refusals.fixture.ts';

test('400 for a query and for a body', async () => {
  await assertFields({ path: '/admin/v1/audit/export?limit=1' }, ['query']);
  const { admin } = await sharedGateway();
  assertProblem(await admin('GET', '/admin/v1/audit/export', {}), 'INVALID_REQUEST');
});
