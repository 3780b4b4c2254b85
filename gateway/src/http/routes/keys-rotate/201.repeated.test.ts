// Who lost the answer asks again with the same Idempotency-Key and gets the same secret; nothing is made twice. K4; trap
// "Commit the intent first".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { adminKey: key, actsOn, call } = await sharedGateway();

test('201 twice with one answer, and one act in the log', async () => {
  const { id } = await aKey();
  const headers = { 'idempotency-key': `request-${freshName().replace(' ', '-')}` };
  const rotate = () => call({ method: 'POST', path: `/admin/v1/keys/${id}/rotate`, key, headers });
  const first = await rotate();
  const again = await rotate();
  assert.equal(again.status, 201);
  assert.deepEqual(again.json(), first.json());
  assert.deepEqual(await actsOn(`key:${id}`), ['key.created: success by key', 'key.rotated: success by key']);
});
