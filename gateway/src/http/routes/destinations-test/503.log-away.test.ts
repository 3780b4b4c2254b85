// While the log can not be written nothing is sent for a test. K23 L16; trap "When the log can't be written, the act is refused".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { withoutLog } from '../log-away.fixture.ts';
import { aDestination } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('503 AUDIT_UNAVAILABLE, and 200 when the log is back', async () => {
  const { id } = await aDestination();
  const send = () => admin('POST', `/admin/v1/destinations/${id}/test`);
  await withoutLog(async () => void assertProblem(await send(), 'AUDIT_UNAVAILABLE'));
  assert.equal((await send()).status, 200);
});
