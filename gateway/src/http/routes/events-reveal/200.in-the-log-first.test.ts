// The body of an event comes back byte for byte, and only after the log says who looks at it. K12 L6 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('200 with the bytes as they were signed, and the intent in the log', async () => {
  const { id, path } = await anEndpoint();
  const body = `{"id": "${id}",  "type":"order.completed", "amount": 1.0, "name": "\\u00e9"}`;
  const { event } = (await sendWebhook(path, { body })).json<{ event: string }>();
  const answer = await admin('POST', `/admin/v1/events/${event}/reveal`);
  assert.equal(answer.status, 200);
  const revealed = answer.json<{ id: string; contentType: string; body: string }>();
  assert.equal(revealed.id, event);
  assert.equal(revealed.contentType, 'application/json');
  assert.equal(Buffer.from(revealed.body, 'base64').toString(), body);
  assert.ok((await actsOn(`event:${event}`)).includes('event.revealed: intent by key'));
});
