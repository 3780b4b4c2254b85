// A delivery that waits for its next attempt is tried at once. K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDelivery, untilTried } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('200 with the delivery, which is tried again before its time', async () => {
  const { id } = await aDelivery();
  const answer = await admin('POST', `/admin/v1/deliveries/${id}/retry`);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json<{ id: string }>().id, id);
  await untilTried(id, 2);
  assert.deepEqual(await actsOn(`delivery:${id}`), ['delivery.retried: success by key']);
});
