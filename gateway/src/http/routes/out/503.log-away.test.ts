// While the log can not be written nothing reaches a platform, not even a sign-in. K23; trap "An act without its entry must
// be impossible".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { withoutLog } from '../log-away.fixture.ts';
import { aConnection } from '../objects.fixture.ts';

const { call, sandbox, testKey: key } = await sharedGateway();

test('503 AUDIT_UNAVAILABLE, and the platform hears nothing', async () => {
  const { prefix } = await aConnection();
  const before = sandbox.state().requests.length;
  await withoutLog(async () => {
    assertProblem(await call({ path: `${prefix}/api/v1/x`, key }), 'AUDIT_UNAVAILABLE');
  });
  assert.equal(sandbox.state().requests.length, before);
});
