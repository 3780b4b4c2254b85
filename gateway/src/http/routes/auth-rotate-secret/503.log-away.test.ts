// While the log can not be written no secret is made, and the old one stays what it is. K4 L2 K23; trap "The entry and the
// act commit together".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { withoutLog } from '../log-away.fixture.ts';
import { aKey } from '../objects.fixture.ts';

const { call } = await sharedGateway();

test('503 AUDIT_UNAVAILABLE, and one secret is in force as before', async () => {
  const { admin } = await sharedGateway();
  const { id, secret: key } = await aKey();
  await withoutLog(async () => {
    const answer = await call({ method: 'POST', path: '/api/v1/auth/credentials/rotate-secret', key });
    assertProblem(answer, 'AUDIT_UNAVAILABLE');
  });
  const { secrets } = (await admin('GET', `/admin/v1/keys/${id}`)).json<{ secrets: object[] }>();
  assert.equal(secrets.length, 1);
  assertProblem(await call({ path: `/out/con_${'0'.repeat(26)}/x`, key }), 'CONNECTION_NOT_FOUND');
});
