// Events go out and come in byte for byte, a sending bears a key even when none was given, and what is no answer of a gateway is
// none of ours. P12 L11; trap "Signature over bytes: no JSON round trip".
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { certificate, type SeenRequest, startServer } from '@sallyport/sandbox/loopback-server';
import { createSallyport } from './index.ts';

const key = 'sk_test_syp_0123456789abcdefghijklmnop';

async function withGateway(t: TestContext, answer: (request: SeenRequest) => unknown) {
  const server = await startServer(t, {
    answer: (response, request) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer(request)));
    },
  });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  return { server, events: sallyport.events };
}

test('P12 a sending: the bytes as they are, under the key given or one of its own', async (t) => {
  const { server, events } = await withGateway(t, () => ({ event: 'evt_1', duplicate: true }));
  const bytes = Buffer.from('{ "type":"a", "amount":1.0 }');
  const sent = await events.send(bytes, { idempotencyKey: 'the-key-of-it' });
  assert.deepEqual(sent, { event: 'evt_1', duplicate: true });
  await events.send({ type: 'a' });
  await events.send({ type: 'a' });
  const [first, second, third] = server.seen;
  assert.deepEqual(first?.body, bytes);
  assert.equal(first?.headers['idempotency-key'], 'the-key-of-it');
  assert.match(String(second?.headers['idempotency-key']), /^[0-9a-f-]{36}$/);
  assert.notEqual(second?.headers['idempotency-key'], third?.headers['idempotency-key']);
  await assert.rejects(events.send({ type: 'a' }, { idempotencyKey: 'a\nb' }), {
    code: 'SDK_IDEMPOTENCY_KEY_INVALID',
  });
});

test('a pull: what was asked for, and the bytes as they came in', async (t) => {
  const bytes = Uint8Array.of(0, 0xff, 0x7b);
  const pulled = { delivery: 'dlv_1', event: 'evt_1', attempt: 2, platform: 'koywe', type: null };
  const rest = {
    receivedAt: '2026-11-25T00:00:00.000Z',
    contentType: 'application/octet-stream',
    headers: [['x-event', 'a']],
  };
  const body = Buffer.from(bytes).toString('base64');
  const { server, events } = await withGateway(t, () => ({
    batch: 'bat_1',
    events: [{ ...pulled, ...rest, body }],
  }));
  const answer = await events.pull({
    destination: 'dst_1',
    after: 'bat_&0',
    limit: 5,
    waitSeconds: 1,
    leaseSeconds: 9,
  });
  const { event: id, ...others } = pulled;
  assert.deepEqual(answer, { batch: 'bat_1', events: [{ ...others, ...rest, id, event: null, bytes }] });
  assert.equal(server.seen[0]?.target, '/v1/events?destination=dst_1&after=bat_%260&limit=5&wait=1&lease=9');
});

test('an acknowledgement names deliveries or a batch, and can be repeated', async (t) => {
  const { server, events } = await withGateway(t, () => ({ acknowledged: 2 }));
  assert.equal(await events.acknowledge({ deliveries: ['dlv_1', 'dlv_2'], destination: 'dst_1' }), 2);
  assert.equal(await events.acknowledge({ batch: 'bat_1' }), 2);
  assert.deepEqual(
    server.seen.map(({ target, body }) => [target, body.toString()]),
    [
      ['/v1/events/acknowledge?destination=dst_1', '{"deliveries":["dlv_1","dlv_2"]}'],
      ['/v1/events/acknowledge', '{"batch":"bat_1"}'],
    ],
  );
});

test('what no gateway answers is refused: other shapes, and events with something missing', async (t) => {
  for (const odd of [
    null,
    [],
    {},
    { batch: 1, events: [] },
    { batch: 'bat_1', events: [{}] },
    { batch: null },
  ]) {
    const { events } = await withGateway(t, () => odd);
    await assert.rejects(events.pull(), { code: 'SDK_RESPONSE_MALFORMED' });
  }
  const { events } = await withGateway(t, () => ({ event: 1 }));
  await assert.rejects(events.send({ type: 'a' }), { code: 'SDK_RESPONSE_MALFORMED' });
  await assert.rejects(events.acknowledge({ batch: 'bat_1' }), { code: 'SDK_RESPONSE_MALFORMED' });
});

test('a pull that waits ends with its signal, and says so', async (t) => {
  const ending = new AbortController();
  const server = await startServer(t, { answer: () => ending.abort() });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  const waiting = sallyport.events.pull({ waitSeconds: 30, signal: ending.signal });
  await assert.rejects(waiting, { code: 'SDK_CANCELLED' });
});
