// A rotation that could lose the secret is refused before anything is made. K4 K16.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { assertFields } from '../refusals.fixture.ts';

const { call, testKey: key } = await sharedGateway();
const rotate = { method: 'POST', path: '/api/v1/auth/credentials/rotate-secret' } as const;

test('400 for an overlap that is none, or one in which a lost answer could not be asked for', async () => {
  for (const overlapSeconds of [-1, 1.5, '3600'])
    await assertFields({ ...rotate, body: { overlapSeconds } }, ['body.overlapSeconds']);
  await assertFields({ ...rotate, body: { key: 'cnry' } }, ['body']);
  const headers = { 'idempotency-key': 'rotation-of-november', 'content-type': 'application/json' };
  assertProblem(await call({ ...rotate, key, headers, body: { overlapSeconds: 0 } }), 'INVALID_REQUEST');
  assertProblem(await call({ ...rotate, key, headers: { 'idempotency-key': 'short' } }), 'INVALID_REQUEST');
});
