// An event is shown with its size and digest, which tell nothing of its body. K12 K13.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEvent } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with what came, when and where', async () => {
  const { id, endpoint, body } = await anEvent();
  const answer = await admin('GET', `/admin/v1/events/${id}`);
  assert.equal(answer.status, 200);
  const { endpoint: at, type, bytes } = answer.json();
  assert.deepEqual({ at, type, bytes }, { at: endpoint, type: 'order.completed', bytes: body.length });
  assert.ok(!answer.text.includes('orderId') && !answer.text.includes('ord_1'));
});
