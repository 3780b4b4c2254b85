// A webhook is acknowledged when it is on disk; the same one again is the same event, and says so. K7 U11 L11 P12; trap
// "Deduplicate after verifying".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with the event, which is there from then on; 200 again as a duplicate of it', async () => {
  const { id: endpoint, path } = await anEndpoint();
  const body = '{"id":"whk_1","type":"order.completed","data":{"orderId":"ord_1"}}';
  const first = await sendWebhook(path, { body });
  assert.equal(first.status, 200);
  const { event, duplicate } = first.json();
  assert.equal(duplicate, false);
  assert.deepEqual((await sendWebhook(path, { body })).json(), { event, duplicate: true });
  const listed = await admin('GET', `/admin/v1/events?endpoint=${endpoint}`);
  assert.deepEqual(
    listed.json<{ items: { id: string }[] }>().items.map(({ id }) => id),
    [event],
  );
});

test('200 for signed bytes that are no JSON and no text: what they mean is for the application', async () => {
  const { path } = await anEndpoint();
  for (const body of ['', 'no JSON', '\ufeff{}', '\0'])
    assert.equal((await sendWebhook(path, { body })).status, 200);
});
