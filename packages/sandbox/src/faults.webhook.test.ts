// Every fault of webhooks does what its sentence says, asked for by event, by rule and by the header of the request
// that causes the events. Q20 K7 U11
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { type FaultName, faultTable, isWebhookFault } from './faults.ts';
import {
  type Harness,
  merchantPath,
  type Received,
  type Receiver,
  startHarness,
  startReceiver,
  webhookSecret,
} from './sandbox.harness.ts';

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

const tested = new Set<FaultName>();

function signatureOf({ headers }: Received): unknown {
  return headers['koywe-signature'];
}

function expectedSignature({ body }: Received): string {
  return createHmac('sha256', webhookSecret).update(body).digest('hex');
}

function ids(): string[] {
  return receiver.received.map(({ body }) => JSON.parse(body.toString()).id);
}

test('K7: wrong-signature has the right form and the wrong key, on retries too', async () => {
  tested.add('wrong-signature');
  receiver.answer = (_, index) => (index < 2 ? 401 : 204);
  await harness.sandbox.emit({ type: 'order.paid', fault: 'wrong-signature' });
  for (const item of await receiver.until(3)) {
    assert.match(String(signatureOf(item)), /^[0-9a-f]{64}$/);
    assert.notEqual(signatureOf(item), expectedSignature(item));
  }
  await harness.sandbox.emit({ type: 'order.paid' });
  const last = receiver.received[3];
  assert.ok(last !== undefined && signatureOf(last) === expectedSignature(last));
});

test('K7: unsigned has no signature header', async () => {
  tested.add('unsigned');
  await harness.sandbox.emit({ type: 'order.paid', fault: 'unsigned' });
  const [item] = await receiver.until(1);
  assert.ok(item !== undefined && signatureOf(item) === undefined);
});

test('duplicate sends the same bytes twice', async () => {
  tested.add('duplicate');
  await harness.sandbox.emit({ type: 'order.paid', fault: 'duplicate' });
  const [first, second, ...more] = await receiver.until(2);
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual(first.body, second.body);
  assert.equal(signatureOf(first), signatureOf(second));
  assert.equal(more.length, 0);
});

test('reorder lets a later event overtake, and does not wait for ever', async () => {
  tested.add('reorder');
  const held = harness.sandbox.emit({ type: 'order.paid', id: 'evt_first', fault: 'reorder' });
  await harness.sandbox.emit({ type: 'order.completed', id: 'evt_second' });
  await held;
  assert.deepEqual(ids(), ['evt_second', 'evt_first']);
  await harness.sandbox.emit({ type: 'order.paid', id: 'evt_alone', fault: 'reorder' });
  assert.deepEqual(ids().slice(2), ['evt_alone']);
});

test('stale sends the oldest event once more, byte for byte', async () => {
  tested.add('stale');
  await harness.sandbox.emit({ type: 'order.created', id: 'evt_old' });
  await harness.sandbox.emit({ type: 'order.paid', id: 'evt_middle' });
  await harness.sandbox.emit({ type: 'order.completed', id: 'evt_new', fault: 'stale' });
  assert.deepEqual(ids(), ['evt_old', 'evt_middle', 'evt_new', 'evt_old']);
  assert.deepEqual(receiver.received[3]?.body, receiver.received[0]?.body);
});

test('observed-shape takes the shape of a live account', async () => {
  tested.add('observed-shape');
  await harness.sandbox.emit({ type: 'order.paid', resourceId: 'ord_1', fault: 'observed-shape' });
  const [item] = await receiver.until(1);
  const body = JSON.parse(String(item?.body));
  assert.deepEqual(body.relationships, { self: { type: 'order', id: 'ord_1' } });
  assert.equal('id' in body, false);
});

test('every fault of webhooks is tested above', () => {
  const names = Object.keys(faultTable).filter((name): name is FaultName => name in faultTable);
  assert.deepEqual([...tested].sort(), names.filter(isWebhookFault).sort());
});

test('Q20: a rule applies to deliveries by the path of their address, and counts down', async () => {
  harness.sandbox.faults.add({ fault: 'unsigned', path: '/hook', times: 1 });
  harness.sandbox.faults.add({ fault: 'wrong-signature', path: '/elsewhere' });
  await harness.sandbox.emit({ type: 'order.paid' });
  await harness.sandbox.emit({ type: 'order.paid' });
  const [first, second] = await receiver.until(2);
  assert.ok(first !== undefined && signatureOf(first) === undefined);
  assert.ok(second !== undefined && signatureOf(second) === expectedSignature(second));
});

test('Q20: a request’s header applies to the events that it causes', async () => {
  await harness.signIn();
  const body = {
    type: 'PAYMENT_LINK',
    amountIn: 1,
    originCurrencySymbol: 'CLP',
    destinationCurrencySymbol: 'CLP',
  };
  const { status } = await harness.call('POST', `${merchantPath}/orders`, {
    body,
    headers: { 'x-sandbox-fault': 'unsigned' },
  });
  assert.equal(status, 201);
  const received = await receiver.until(4);
  assert.ok(received.every((item) => signatureOf(item) === undefined));
});
