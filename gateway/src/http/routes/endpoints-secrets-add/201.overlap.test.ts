// A secret that is added counts at once, and the one before it until the overlap is over; the log has which, and never what. K11 U10 Q10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('201 without the secret: both verify, and the old one has an end', async () => {
  const { id, path } = await anEndpoint();
  const secret = 'another-secret-of-a-webhook-0123';
  const answer = await admin('POST', `/admin/v1/endpoints/${id}/secrets`, { secret, overlapSeconds: 60 });
  assert.equal(answer.status, 201);
  assert.ok(!answer.text.includes(secret));
  const body = (event: string) => `{"id":"${event}","type":"order.paid","data":{"orderId":"o"}}`;
  assert.equal((await sendWebhook(path, { body: body('old') })).status, 200);
  assert.equal((await sendWebhook(path, { body: body('new'), secret })).status, 200);
  const { items } = (await admin('GET', `/admin/v1/endpoints/${id}/secrets`)).json<{
    items: { id: string; endsAt: string | null }[];
  }>();
  assert.deepEqual(
    items.map(({ endsAt }) => endsAt === null),
    [true, false],
  );
  assert.equal((await actsOn(`endpoint:${id}`)).at(1), 'endpoint.changed: success by key');
});
