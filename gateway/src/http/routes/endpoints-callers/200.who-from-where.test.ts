// Who calls an endpoint is shown by address, with whether the webhooks were verified. L12 U11 K14.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with each address and outcome, counted', async () => {
  const { id, path } = await anEndpoint();
  assert.equal((await sendWebhook(path, { body: '{"id":"a"}' })).status, 200);
  const forged = { body: '{"id":"b"}', secret: 'not-the-secret-0123456789' };
  assertProblem(await sendWebhook(path, forged), 'WEBHOOK_REFUSED');
  const answer = await admin('GET', `/admin/v1/endpoints/${id}/callers?days=1`);
  const { items } = answer.json<{ items: { address: string; outcome: string; webhooks: number }[] }>();
  assert.deepEqual(items.map(({ address, outcome, webhooks }) => [address, outcome, webhooks]).toSorted(), [
    ['127.0.0.1', 'refused', 1],
    ['127.0.0.1', 'verified', 1],
  ]);
});
