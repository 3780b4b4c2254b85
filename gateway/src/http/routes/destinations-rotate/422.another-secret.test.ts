// A key that was used to give one secret can't give another: who was answered with the first would believe that the second
// is in force. K4 U10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';

const { actsOn, adminKey: key, call } = await sharedGateway();

test('422 for another secret under the same key; the same secret and none get the first answer', async () => {
  const { id } = await aDestination();
  const headers = { 'idempotency-key': `request-${freshName().replace(' ', '-')}` };
  const path = `/admin/v1/destinations/${id}/rotate-secret`;
  const rotate = (body: object) => call({ method: 'POST', path, key, headers, body });
  const secretOf = (letter: string) => `whsec_${Buffer.alloc(32, letter).toString('base64')}`;
  const first = await rotate({ secret: secretOf('a') });
  assert.equal(first.status, 201, first.text);
  assertProblem(await rotate({ secret: secretOf('b') }), 'IDEMPOTENCY_KEY_REUSED');
  for (const body of [{ secret: secretOf('a') }, {}])
    assert.deepEqual((await rotate(body)).json(), first.json());
  assert.deepEqual(await actsOn(`destination:${id}`), [
    'destination.created: success by key',
    'destination.rotated: success by key',
  ]);
});
