// A place is for an attempt. What came of attempts is written down beside the next ones, so that a destination is sent to as fast as it
// answers and not as fast as the disk writes; but only so many are unwritten, and of a destination that fails, never a second try.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client } from 'pg';
import { asOwner, type TestRooms, until, withReceiver, withRooms } from './delivery.fixture.ts';

const POLLS_MS = 300;
const MIB = 1_048_576;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of buffers that somebody still has. */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collect();
    await delay(20);
  }
  return process.memoryUsage().arrayBuffers;
}

/** From now on nothing is written down of attempts, until it is called; reading goes on. */
async function holdWriting(t: TestContext, { settings }: TestRooms): Promise<() => Promise<void>> {
  const client = new Client(settings.databaseUrl);
  await client.connect();
  let isHeld = true;
  const release = async (): Promise<void> => {
    if (isHeld) await client.end();
    isHeld = false;
  };
  t.after(release);
  await client.query('begin');
  await client.query('lock table sallyport.attempts in exclusive mode');
  return release;
}

test('while the outcomes of attempts wait to be written the next ones begin, up to twice the places and no further', async (t) => {
  const rooms = await withRooms(t, { limits: { deliveryConcurrency: 4 } });
  const receiver = await withReceiver(t);
  await rooms.destination(receiver.url); // it has one of the four places
  for (let count = 0; count < 20; count += 1) await rooms.receive();
  const release = await holdWriting(t, rooms);
  rooms.delivery.start();
  await receiver.has(8);
  await delay(POLLS_MS);
  assert.equal(receiver.received.length, 8, 'more are unwritten than may be');
  await release();
  await receiver.has(20);
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  assert.equal(receiver.received.length, 20, 'one was sent twice');
});

test('a destination that fails is not tried again before it is written what the try before showed', async (t) => {
  const rooms = await withRooms(t, { limits: { destinationProbeSeconds: 60 } });
  const receiver = await withReceiver(t);
  await rooms.destination(receiver.url);
  for (let count = 0; count < 5; count += 1) await rooms.receive();
  await asOwner(
    rooms,
    `update destinations set state = 'failing', paused_reason = 'answered 503', paused_at = now(), failing_since = now(), probe_at = now()`,
  );
  const release = await holdWriting(t, rooms);
  rooms.delivery.start();
  await receiver.has(1);
  await delay(POLLS_MS);
  assert.equal(receiver.received.length, 1);
  await release();
  await receiver.has(5); // the first was taken: it is active again
});

test('bodies are in memory while they are sent: what waits to be written has none, and nobody has those of others', async (t) => {
  const rooms = await withRooms(t, { limits: { deliveryConcurrency: 16 } });
  const receiver = await withReceiver(t, (response, one) => {
    Object.assign(one, { body: Buffer.alloc(0) }); // as what is measured is what the sender has
    response.end();
  });
  const over = Promise.withResolvers<void>();
  const hanging = await withReceiver(t, (response, one) => {
    Object.assign(one, { body: Buffer.alloc(0) });
    void over.promise.then(() => response.end());
  });
  await rooms.destination(receiver.url);
  await rooms.destination(hanging.url);
  const padding = 'x'.repeat(MIB / 2);
  for (let count = 0; count < 28; count += 1)
    await rooms.receive(Buffer.from(`{"id":"evt_${count}","type":"order.paid","padding":"${padding}"}`));
  const release = await holdWriting(t, rooms);
  const before = await heldBytes();
  rooms.delivery.start();
  await Promise.all([receiver.has(28), hanging.has(4)]); // those four, and no other body
  const held = (await heldBytes()) - before;
  assert.ok(held < 6 * MIB, `${(held / MIB).toFixed(1)} MiB`);
  over.resolve();
  await release();
});
