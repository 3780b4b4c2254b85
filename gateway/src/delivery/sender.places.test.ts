// A place is for an attempt. What came of attempts is written down beside the next ones, so that a destination is sent to as fast as it
// answers and not as fast as the disk writes; but only so many are unwritten, and of a destination that fails, never a second try.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { asOwner, type TestRooms, until, withReceiver, withRooms } from './delivery.fixture.ts';

const POLLS_MS = 300;

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
