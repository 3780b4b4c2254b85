// An event of the environment's own is on disk when it is answered, byte for byte what was sent, and sent again under its
// Idempotency-Key it is the same event. L11 L12 P12 U11; traps "Deduplicate after verifying, by a unique constraint", "Signature
// over bytes: no JSON round trip".
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fromBase64 } from '#base';
import { freshName, sharedGateway } from '#test/shared-gateway';

const { admin, call, testKey: key, gateway, environment } = await sharedGateway();
const send = (body: string, requestKey: string) =>
  call({
    method: 'POST',
    path: '/v1/events',
    key,
    body,
    headers: { 'content-type': 'application/json', 'idempotency-key': requestKey },
  });

test('200 with the event, stored as it was sent; 200 again as a duplicate of it', async () => {
  const body = '{ "type":"invoice.paid",  "data":{"amount":1.0,"name":"\\u00e9","huge":9007199254740993} }\n';
  const requestKey = `request ${freshName()}`.replaceAll(' ', '-');
  const first = await send(body, requestKey);
  assert.equal(first.status, 200, first.text);
  const { event, duplicate } = first.json<{ event: string; duplicate: boolean }>();
  assert.equal(duplicate, false);
  const again = await Promise.all(Array.from({ length: 5 }, () => send(body, requestKey)));
  for (const answer of again) assert.deepEqual(answer.json(), { event, duplicate: true });

  const shown = (await admin('GET', `/admin/v1/events/${event}`)).json();
  const digest = createHash('sha256').update(body).digest('hex');
  assert.deepEqual(
    { ...shown, receivedAt: '' },
    {
      id: event,
      endpoint: null,
      platform: 'sallyport',
      type: 'invoice.paid',
      state: 'accepted',
      reason: null,
      detail: null,
      platformEvent: null,
      receivedAt: '',
      bytes: Buffer.byteLength(body),
      digest,
    },
  );
  const revealed = (await admin('POST', `/admin/v1/events/${event}/reveal`)).json<{ body: string }>();
  assert.equal(Buffer.from(fromBase64(revealed.body) ?? []).toString(), body);
});

test('200 and an entry that says whose key sent it', async () => {
  const body = '{"type":"invoice.paid"}';
  const event = (await send(body, `entry-${freshName().replace(' ', '-')}`)).json()['event'];
  const { audit } = gateway.rooms;
  await audit.integrate();
  const { items } = await audit.entries({ environment, limit: 50, action: 'event.stored' });
  const entry = items
    .map((item) => item.entry)
    .find(({ details }) => JSON.stringify(details).includes(String(event)));
  assert.deepEqual(entry?.actor.kind, 'key');
  assert.match(entry?.actor.id ?? '', /^key_/);
  assert.deepEqual(entry?.details, {
    count: 1,
    events: [[event, null, createHash('sha256').update(body).digest('hex')]],
  });
});
