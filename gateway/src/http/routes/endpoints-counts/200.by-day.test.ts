// What became of the webhooks of an endpoint is counted by outcome and reason, and no count tells what they carried. L12 U11.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with an accepted, a duplicate, a held and a refused one', async () => {
  const { id, path } = await anEndpoint();
  const body = '{"id":"a","type":"order.paid","data":{"orderId":"o"}}';
  for (const webhook of [
    { body },
    { body },
    { body: '{"id":"b","type":"order.paid"}' },
    { body, secret: 'somebody-elses-secret-0123' },
  ])
    await sendWebhook(path, webhook);
  const answer = await admin('GET', `/admin/v1/endpoints/${id}/counts?days=2`);
  const { items } = answer.json<{ items: Record<string, unknown>[] }>();
  assert.equal(answer.status, 200);
  assert.deepEqual(
    items.map(({ outcome, reason, webhooks }) => [outcome, reason, webhooks]),
    [
      ['accepted', null, 1],
      ['duplicate', null, 1],
      ['quarantined', 'schema', 1],
      ['refused', 'signature-mismatch', 1],
    ],
  );
  assert.match(String(items[0]?.['day']), /^\d{4}-\d{2}-\d{2}$/);
});
