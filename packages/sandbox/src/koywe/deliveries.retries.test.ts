// Webhooks arrive over HTTPS with the platform's signature over the exact bytes; what isn't answered 2xx is tried again
// on the documented schedule, six times at most, with the same bytes; both payload shapes can be had. K7 U11 L11
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { verify } from '@sallyport/schemes';
import {
  createContact,
  type Harness,
  merchantPath,
  organizationPath,
  payin,
  type Received,
  type Receiver,
  startHarness,
  startReceiver,
  webhookSecret,
} from '../sandbox.harness.ts';
import { retryScheduleMs } from './deliveries.ts';

let receiver: Receiver;
let harness: Harness;
before(async () => {
  receiver = await startReceiver();
});
after(() => receiver.close());
beforeEach(async () => {
  receiver.received.length = 0;
  receiver.answer = () => 204;
  harness = await startHarness({ koywe: { webhooks: [{ url: receiver.url, secret: webhookSecret }] } });
});
afterEach(() => harness.close());

function isSigned({ headers, body }: Received, secret = webhookSecret): boolean {
  return headers['koywe-signature'] === createHmac('sha256', secret).update(body).digest('hex');
}

test('K7 U11: an order’s events arrive signed, in the documented shape', async () => {
  await harness.signIn();
  const contactId = await createContact(harness);
  const { json } = await harness.call('POST', `${merchantPath}/orders`, {
    body: payin(contactId, { externalId: 'e-1' }),
  });
  const received = await receiver.until(5);
  assert.ok(received.every((item) => isSigned(item)));
  assert.ok(received.every(({ headers }) => headers['content-type'] === 'application/json'));
  const events = received.map(({ body }) => JSON.parse(body.toString()));
  const paid = events.find(({ type }) => type === 'order.paid');
  assert.deepEqual(paid.data, { orderId: json['id'], status: 'PAID', externalId: 'e-1' });
  assert.equal(new Set(events.map(({ id }) => id)).size, 5);
  const types = ['contact.created', 'order.completed', 'order.created', 'order.paid', 'order.processing'];
  assert.deepEqual(events.map(({ type }) => type).sort(), types);
});

test('K7: the bytes of an event come through exactly as they were given', async () => {
  const body = '{"id":"evt_1", "type":"order.paid","data":{"orderId":"ord_1","note":"\\u00e9 é","n":1.0}}\n';
  const { answers } = await harness.sandbox.emit({ type: 'order.paid', id: 'evt_1', body });
  assert.deepEqual(
    answers.map((answer) => ('status' in answer ? answer.status : answer.reason)),
    [204],
  );
  const [item] = await receiver.until(1);
  assert.ok(item !== undefined && isSigned(item));
  assert.equal(item.body.toString(), body);
  const verdict = verify({
    scheme: 'koywe',
    secrets: [{ id: '1', bytes: Buffer.from(webhookSecret) }],
    rawHeaders: Object.entries(item.headers).flatMap(([name, value]) => [name, String(value)]),
    body: item.body,
    nowMs: Date.now(),
  });
  assert.equal(verdict.ok, true);
});

test('the observed shape is snake_case without an id, by webhook and by event', async () => {
  const event = { type: 'order.paid', resourceId: 'ord_9', data: { status: 'PAID', externalId: 'e-9' } };
  const expected = {
    type: 'order.paid',
    data: { status: 'PAID', external_id: 'e-9' },
    relationships: { self: { type: 'order', id: 'ord_9' } },
  };
  await harness.sandbox.emit({ ...event, shape: 'observed' });
  await harness.sandbox.emit({ ...event, id: 'evt_9' });
  await harness.signIn();
  await harness.call('POST', `${organizationPath}/webhooks`, {
    body: { url: `${receiver.url}/observed`, secret: webhookSecret, shape: 'observed' },
  });
  await harness.sandbox.emit({ ...event, id: 'evt_10' });
  const bodies = (await receiver.until(4)).map(({ body }) => JSON.parse(body.toString()));
  const documented = { type: 'order.paid', data: { orderId: 'ord_9', status: 'PAID', externalId: 'e-9' } };
  assert.deepEqual(bodies[0], expected);
  assert.deepEqual(bodies[1], { id: 'evt_9', ...documented });
  const both = bodies.slice(2).sort((one, other) => Number('id' in other) - Number('id' in one));
  assert.deepEqual(both, [{ id: 'evt_10', ...documented }, expected]);
});

test('the schedule is the documented one, and ends after six retries of the same bytes', async () => {
  const minutes = retryScheduleMs.map((waitMs) => waitMs / 60_000);
  assert.deepEqual(minutes, [1, 5, 15, 60, 360, 1440]);
  receiver.answer = () => 500;
  await harness.sandbox.emit({ type: 'order.paid', id: 'evt_retry' });
  await harness.line(({ event, eventId }) => event === 'webhook.failed' && eventId === 'evt_retry');
  assert.equal(receiver.received.length, 7);
  assert.equal(new Set(receiver.received.map(({ body }) => body.toString())).size, 1);
  assert.ok(receiver.received.every((item) => isSigned(item)));
  const [delivery] = harness.state().deliveries;
  assert.equal(delivery?.deliveryStatus, 'FAILED');
  assert.equal(delivery.retryCount, 6);
  assert.equal(delivery.lastStatusCode, 500);
});

test('a retry that is answered 2xx ends the retries; a redirect is not followed', async () => {
  receiver.answer = (_, index) => [302, 429, 200][index] ?? 200;
  await harness.sandbox.emit({ type: 'order.paid' });
  await harness.line(
    ({ event, attempt, status }) => event === 'webhook.sent' && attempt === 3 && status === 200,
  );
  assert.equal(receiver.received.length, 3);
  assert.equal(harness.state().deliveries[0]?.deliveryStatus, 'DELIVERED');
});

test('K15: a receiver whose certificate isn’t trusted gets nothing', async () => {
  const other = await startHarness({
    deliveryCa: (await import('../authority.ts').then(({ createAuthority }) => createAuthority())).cert,
    koywe: { webhooks: [{ url: receiver.url, secret: webhookSecret }] },
  });
  try {
    const { answers } = await other.sandbox.emit({ type: 'order.paid' });
    assert.ok(answers[0] !== undefined && 'reason' in answers[0]);
    assert.equal(receiver.received.length, 0);
  } finally {
    await other.close();
  }
});

test('closing leaves no retry behind', async () => {
  receiver.answer = () => 503;
  const slow = await startHarness({
    retryFactor: 1,
    koywe: { webhooks: [{ url: receiver.url, secret: webhookSecret }] },
  });
  await slow.sandbox.emit({ type: 'order.paid' });
  assert.equal(slow.state().deliveries[0]?.deliveryStatus, 'RETRYING');
  // A timer left behind would keep this test's process from ending for a minute.
  await slow.close();
  await slow.sandbox.close();
});

test('thousands of events go out over a bounded number of connections', async () => {
  const count = 3_000;
  const sent = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      harness.sandbox.emit({ type: 'order.paid', id: `evt_${index}` }),
    ),
  );
  assert.equal(receiver.received.length, count);
  assert.ok(
    sent.every(
      ({ answers: [answer] }) => answer !== undefined && 'status' in answer && answer.status === 204,
    ),
  );
});
