// The secrets of an endpoint are listed by what became of them, and no answer holds one. K1 K11 U10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook, webhookSecret } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with one secret, its uses and the last of them, without itself', async () => {
  const { id, path } = await anEndpoint();
  await sendWebhook(path, { body: '{"id":"a","type":"order.paid","data":{"orderId":"o"}}' });
  const answer = await admin('GET', `/admin/v1/endpoints/${id}/secrets`);
  assert.equal(answer.status, 200);
  const [secret, ...more] = answer.json<{ items: Record<string, unknown>[] }>().items;
  assert.deepEqual([secret?.['uses'], secret?.['endsAt'], more], [1, null, []]);
  assert.ok(typeof secret?.['lastUsedAt'] === 'string' && !answer.text.includes(webhookSecret()));
});
