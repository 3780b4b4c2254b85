// An application gets the platform's bytes under a signature of now and an id that stays: late, repeated and replayed alike.
// Traps "Delivering": receivers that verify after a delay; "Verifying": signature over bytes, non-UTF-8 bodies are legal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verify } from '@sallyport/schemes';
import { SYSTEM } from '#base';
import { makeDue, type Received, until, withReceiver, withRooms } from './delivery.fixture.ts';

function verified({ rawHeaders, body }: Received, secret: Uint8Array): boolean {
  const secrets = [{ id: 'current', bytes: secret }];
  return verify({ scheme: 'standard-webhooks', secrets, rawHeaders, body, nowMs: Date.now() }).ok;
}

const BODIES: Readonly<Record<string, Buffer>> = {
  'numbers as written': Buffer.from('{"id":"evt_a","amount":1.0,"big":12345678901234567890,"e":1E2}'),
  'escapes as written': Buffer.from('{"id":"evt_b","name":"\\u00e9\\/é","z":1,"a":2}'),
  'a byte order mark': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"id":"evt_c"}')]),
  'white space around': Buffer.from('\r\n\t{"id" : "evt_d" }\n\n'),
  'bytes that are no UTF-8': Buffer.from([0x00, 0xff, 0xfe, 0x80, 0x0d, 0x0a, 0xc3, 0x28]),
  'a megabyte less one byte': Buffer.alloc((1 << 20) - 1, 0xe9),
};

test('bodies arrive byte for byte, each verifiable under the secret shown once', async (t) => {
  const rooms = await withRooms(t);
  const receiver = await withReceiver(t);
  const { secret } = await rooms.destination(receiver.url);
  rooms.delivery.start();
  const sent = new Map<string, Buffer>();
  for (const body of Object.values(BODIES)) sent.set(await rooms.receive(body), body);
  await receiver.has(sent.size);
  for (const one of receiver.received) {
    assert.deepEqual(one.body, sent.get(one.id));
    assert.equal(verified(one, secret), true);
    assert.equal(one.headers['content-type'], 'application/json');
    assert.equal(one.headers['sallyport-platform'], 'koywe');
    assert.equal(verified({ ...one, body: Buffer.concat([one.body, Buffer.from(' ')]) }, secret), false);
  }
  assert.equal(new Set(receiver.received.map(({ id }) => id)).size, sent.size);
});

test('each attempt and each replay is signed afresh under the same id', async (t) => {
  const rooms = await withRooms(t);
  const receiver = await withReceiver(t, (response, _request, index) => {
    response.statusCode = index === 0 ? 500 : 200;
    response.end();
  });
  const { secret } = await rooms.destination(receiver.url);
  rooms.delivery.start();
  const event = await rooms.receive();
  const nextSecond = async (): Promise<void> => {
    const second = Math.floor(Date.now() / 1_000);
    await until(() => Math.floor(Date.now() / 1_000) > second);
  };
  await until(async () => (await rooms.deliveries())[0]?.attempts === 1);
  await nextSecond();
  await makeDue(rooms);
  await until(async () => (await rooms.deliveries())[0]?.state === 'delivered');
  await nextSecond();
  const { environment } = rooms;
  const { deliveries } = await rooms.delivery.replay({ environment, event }, SYSTEM);
  await receiver.has(3);
  assert.equal(deliveries.length, 1);
  assert.deepEqual(
    receiver.received.map(({ id }) => id),
    [event, event, event],
  );
  for (const one of receiver.received) assert.equal(verified(one, secret), true);
  assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size, 3);
  assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-signature'])).size, 3);
});

test('each destination has a secret of its own', async (t) => {
  const rooms = await withRooms(t);
  const [left, right] = [await withReceiver(t), await withReceiver(t)];
  const [first, second] = [await rooms.destination(left.url), await rooms.destination(right.url)];
  rooms.delivery.start();
  await rooms.receive();
  await Promise.all([left.has(1), right.has(1)]);
  const [one] = left.received;
  assert.ok(one !== undefined && verified(one, first.secret) && !verified(one, second.secret));
});
