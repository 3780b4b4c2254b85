// Webhooks can be created, listed, paused, resumed, pinged, rotated and deleted, their events found, looked at and
// replayed; a secret is never shown again, and only active webhooks get events. K7 K1 L12
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import {
  type Answered,
  type Harness,
  organizationPath,
  type Receiver,
  startHarness,
  startReceiver,
  webhookSecret,
} from '../sandbox.harness.ts';

let receiver: Receiver;
let harness: Harness;
before(async () => {
  receiver = await startReceiver();
});
after(() => receiver.close());
beforeEach(async () => {
  receiver.received.length = 0;
  harness = await startHarness();
  await harness.signIn();
});
afterEach(() => harness.close());

const webhooksPath = `${organizationPath}/webhooks`;
const eventsPath = `${organizationPath}/webhook-events`;

async function create(): Promise<Answered> {
  return harness.call('POST', webhooksPath, { body: { url: receiver.url, secret: webhookSecret } });
}

test('K1: a webhook is created, read, listed and softly deleted without showing its secret', async () => {
  const created = await create();
  assert.equal(created.status, 201);
  const path = `${webhooksPath}/${created.json['id']}`;
  const read = await harness.call('GET', path);
  const listed = await harness.call('GET', webhooksPath);
  assert.deepEqual(read.json, created.json);
  assert.deepEqual(listed.json, { webhooks: [created.json] });
  assert.ok([created, read, listed].every(({ text }) => !text.includes(webhookSecret)));
  assert.equal((await harness.call('DELETE', path)).status, 204);
  assert.deepEqual((await harness.call('GET', webhooksPath)).json, { webhooks: [] });
  assert.equal((await harness.call('GET', path)).status, 404);
  assert.equal((await harness.call('DELETE', path)).status, 404);
  await harness.sandbox.emit({ type: 'order.paid' });
  assert.equal(receiver.received.length, 0);
});

test('K8 U11: an address without HTTPS and a short secret are refused', async () => {
  for (const body of [
    { url: 'http://127.0.0.1/', secret: webhookSecret },
    { url: 'not a url', secret: webhookSecret },
    { url: receiver.url, secret: 'short' },
    { url: receiver.url },
  ]) {
    assert.equal((await harness.call('POST', webhooksPath, { body })).status, 400);
  }
  const elsewhere = await harness.call('POST', '/api/v1/organizations/org_other/webhooks', { body: {} });
  assert.equal(elsewhere.json['errorCode'], 'MC00015');
});

test('at most twenty webhooks are kept', async () => {
  const statuses = [];
  for (let index = 0; index < 21; index += 1) statuses.push((await create()).status);
  assert.deepEqual(statuses.slice(-2), [201, 422]);
});

test('a paused webhook gets nothing until it is resumed', async () => {
  const { json } = await create();
  const paused = await harness.call('POST', `${webhooksPath}/${json['id']}/pause`);
  assert.equal(paused.json['status'], 'PAUSED');
  assert.deepEqual((await harness.sandbox.emit({ type: 'order.paid' })).answers, []);
  await harness.call('POST', `${webhooksPath}/${json['id']}/resume`);
  assert.equal((await harness.sandbox.emit({ type: 'order.paid' })).answers.length, 1);
});

test('K7 K5: a rotated secret signs from then on', async () => {
  const { json } = await create();
  const secret = 'another_secret_of_the_webhook';
  const rotated = await harness.call('POST', `${webhooksPath}/${json['id']}/rotate-secret`, {
    body: { secret },
  });
  assert.equal(rotated.status, 200);
  assert.ok(!rotated.text.includes(secret));
  await harness.sandbox.emit({ type: 'order.paid' });
  const [item] = await receiver.until(1);
  assert.ok(item !== undefined);
  assert.equal(item.headers['koywe-signature'], createHmac('sha256', secret).update(item.body).digest('hex'));
});

test('a ping goes to its webhook alone', async () => {
  const [first, second] = [await create(), await create()];
  assert.equal((await harness.call('POST', `${webhooksPath}/${second.json['id']}/ping`)).status, 202);
  const sent = await harness.line(({ event }) => event === 'webhook.sent');
  assert.equal(sent.webhookId, second.json['id']);
  assert.notEqual(sent.webhookId, first.json['id']);
  assert.equal(sent.type, 'webhook.ping');
});

test('K7: events can be filtered, paged, read with their deliveries, and replayed byte for byte', async () => {
  const { json: webhook } = await create();
  await harness.sandbox.emit({ type: 'order.paid', id: 'evt_1', resourceId: 'ord_1' });
  await harness.sandbox.emit({ type: 'order.failed', id: 'evt_2', resourceId: 'ord_2' });
  await harness.sandbox.emit({ type: 'contact.created', id: 'evt_3', resourceId: 'con_1' });
  const ids = async (query: string): Promise<string[]> => {
    const { json } = await harness.call('GET', `${eventsPath}?${query}`);
    assert.ok(Array.isArray(json['events']));
    return json['events'].map(({ id }) => id);
  };
  assert.deepEqual(await ids(''), ['evt_3', 'evt_2', 'evt_1']);
  assert.deepEqual(await ids('type=order.paid'), ['evt_1']);
  assert.deepEqual(await ids('resourceType=order'), ['evt_2', 'evt_1']);
  assert.deepEqual(await ids('resourceId=con_1&merchantId=mrc_test'), ['evt_3']);
  assert.deepEqual(await ids('limit=1&page=2'), ['evt_2']);
  assert.deepEqual(await ids('to=2020-01-01T00:00:00Z'), []);
  assert.deepEqual(await ids('from=2020-01-01T00:00:00Z'), ['evt_3', 'evt_2', 'evt_1']);
  assert.equal((await harness.call('GET', `${eventsPath}?limit=1000`)).status, 400);
  assert.equal((await harness.call('GET', `${eventsPath}/evt_1`)).json['type'], 'order.paid');
  assert.equal((await harness.call('GET', `${eventsPath}/evt_9`)).status, 404);
  const { json } = await harness.call('GET', `${eventsPath}/evt_1/deliveries`);
  assert.ok(Array.isArray(json['deliveries']));
  const [delivery] = json['deliveries'];
  assert.equal(delivery.webhookId, webhook['id']);
  assert.equal(delivery.deliveryStatus, 'DELIVERED');
  assert.equal(delivery.lastStatusCode, 204);
  assert.equal((await harness.call('POST', `${eventsPath}/evt_1/replay`)).status, 202);
  const received = await receiver.until(4);
  assert.deepEqual(received[3]?.body, received[0]?.body);
});
