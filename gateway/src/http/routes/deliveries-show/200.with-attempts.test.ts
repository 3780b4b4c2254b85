// A delivery is shown with what each attempt came to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDelivery } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with the attempt that failed, and why', async () => {
  const { id } = await aDelivery();
  const answer = await admin('GET', `/admin/v1/deliveries/${id}`);
  assert.equal(answer.status, 200);
  const { state, tries } = answer.json<{ state: string; tries: Record<string, unknown>[] }>();
  assert.equal(state, 'due');
  assert.deepEqual([tries[0]?.['number'], tries[0]?.['reason']], [1, 'OUTBOUND_CONNECT_FAILED']);
});
