// What is not the id of a key is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked((id) => ({ method: 'POST', path: `/admin/v1/keys/${id}/rotate`, body: {} }), 'key');
});

test('400 for an overlap that is none, or a key to repeat by that is none', async () => {
  const { adminKey: key, call } = await sharedGateway();
  const rotate = { method: 'POST', path: '/admin/v1/keys/key_00000000000000000000000000/rotate' } as const;
  for (const overlapSeconds of [-1, 1.5, '3600'])
    await assertFields({ ...rotate, body: { overlapSeconds } }, ['body.overlapSeconds']);
  const answer = await call({ ...rotate, key, headers: { 'idempotency-key': 'short' } });
  assertProblem(answer, 'INVALID_REQUEST');
});
