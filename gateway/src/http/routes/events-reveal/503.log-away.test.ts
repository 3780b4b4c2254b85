// While the log can not be written nobody sees a body. K23 L16; trap "When the log can't be written, the act is refused".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { withoutLog } from '../log-away.fixture.ts';
import { anEvent } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('503 AUDIT_UNAVAILABLE without the body, and 200 when the log is back', async () => {
  const { id } = await anEvent();
  const reveal = () => admin('POST', `/admin/v1/events/${id}/reveal`);
  await withoutLog(async () => {
    const answer = await reveal();
    assertProblem(answer, 'AUDIT_UNAVAILABLE');
    assert.notEqual(answer.headers['retry-after'], undefined);
  });
  assert.equal((await reveal()).status, 200);
});
