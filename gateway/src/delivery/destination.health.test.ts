// A destination that fails for long is paused by itself, says so, and loses nothing: one delivery tries it from time to time,
// none dies of that, and the first that is taken ends it. One that fails now and then is never paused.
// Trap "Delivering": a failing endpoint is paused after days, not minutes, and says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '#base';
import { asOwner, makeDue, type TestRooms, until, withReceiver, withRooms } from './delivery.fixture.ts';

const stateOf = async ({ delivery, environment }: TestRooms) => {
  const [view] = (await delivery.destinations.list({ environment, limit: 1 })).items;
  assert.ok(view !== undefined);
  return view;
};

/** As if so much time had passed. */
const age = (rooms: TestRooms, seconds: number) =>
  asOwner(
    rooms,
    `update destinations set failing_since = failing_since - interval '${seconds} seconds', probe_at = probe_at - interval '${seconds} seconds'`,
  );

async function actsOn(rooms: TestRooms, action: string): Promise<number> {
  await rooms.audit.integrate();
  return (await rooms.audit.entries({ environment: rooms.environment, limit: 50, action })).items.length;
}

test('paused after days of nothing but failures, tried by one delivery, resumed by the first that is taken', async (t) => {
  let isUp = false;
  const receiver = await withReceiver(t, (response) => {
    response.statusCode = isUp ? 200 : 503;
    response.end();
  });
  const rooms = await withRooms(t, { limits: { deliveryAttemptsMax: 3, destinationProbeSeconds: 60 } });
  await rooms.destination(receiver.url);
  for (let count = 0; count < 12; count++) await rooms.receive();
  rooms.delivery.start();
  await until(async () => (await rooms.deliveries()).every(({ attempts }) => attempts === 1));
  const failing = await stateOf(rooms);
  assert.equal(failing.state, 'active');
  assert.ok(failing.failingSinceMs !== null);
  // Twelve failures in a row, but only for a moment: it is not given up.
  await age(rooms, LIMITS.destinationFailingSeconds.value);
  await asOwner(
    rooms,
    `update deliveries set next_attempt_at = now() where id = (select min(id) from deliveries)`,
  );
  rooms.delivery.announce();
  await until(async () => (await stateOf(rooms)).state === 'failing');
  const paused = await stateOf(rooms);
  assert.equal(paused.pausedReason, 'answered 503');
  assert.ok(paused.pausedAtMs !== null && paused.nextProbeAtMs !== null);
  assert.equal(await actsOn(rooms, 'destination.failing'), 1);

  // However due everything is, nothing goes before the time of the try has come.
  const before = receiver.received.length;
  await makeDue(rooms);
  await until(
    async () => (await asOwner(rooms, 'select from deliveries where next_attempt_at <= now()')).length === 12,
  );
  assert.equal(receiver.received.length, before);
  // Only one is left, which has three attempts at most, and is tried four times more: it is not dead.
  await asOwner(rooms, 'delete from deliveries where id <> (select min(id) from deliveries)');
  for (let tries = 1; tries <= 4; tries++) {
    await age(rooms, 100_000);
    await makeDue(rooms);
    await receiver.has(before + tries);
    await until(async () => ((await stateOf(rooms)).nextProbeAtMs ?? 0) > Date.now());
  }
  assert.equal(receiver.received.length, before + 4);
  assert.deepEqual(
    (await rooms.deliveries()).map(({ state }) => state),
    ['due'],
  );
  await rooms.receive();

  isUp = true;
  await age(rooms, 100_000);
  await makeDue(rooms);
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  const back = await stateOf(rooms);
  assert.deepEqual(
    [back.state, back.failingSinceMs, back.pausedReason, back.nextProbeAtMs],
    ['active', null, null, null],
  );
  assert.equal(await actsOn(rooms, 'destination.recovered'), 1);
});

test('one success in between, and it has not been failing since', async (t) => {
  let count = 0;
  const receiver = await withReceiver(t, (response) => {
    count += 1;
    response.statusCode = count % 4 === 0 ? 200 : 500;
    response.end();
  });
  const rooms = await withRooms(t, { limits: { keyCacheMs: 0 } });
  await rooms.destination(receiver.url, 'one at a time', { concurrency: 1 });
  for (let sent = 0; sent < 16; sent++) await rooms.receive();
  rooms.delivery.start();
  for (let sent = 4; sent <= 16; sent += 4) {
    await receiver.has(sent);
    await until(async () => (await asOwner(rooms, 'select from attempts')).length >= sent);
    await age(rooms, LIMITS.destinationFailingSeconds.value + 1);
  }
  assert.equal((await stateOf(rooms)).state, 'active');
  assert.equal(await actsOn(rooms, 'destination.failing'), 0);
});

test('410 says it is gone: paused at once, and the delivery waits instead of dying', async (t) => {
  const receiver = await withReceiver(t, (response) => response.writeHead(410).end());
  const rooms = await withRooms(t, { limits: { deliveryAttemptsMax: 1 } });
  await rooms.destination(receiver.url);
  rooms.delivery.start();
  await rooms.receive();
  await until(async () => (await stateOf(rooms)).state === 'failing');
  assert.equal((await stateOf(rooms)).pausedReason, 'answered 410');
  assert.equal((await rooms.deliveries())[0]?.state, 'due');
});

test('what never left says nothing of the destination, failing or not: it is the delivery that has it one time less', async (t) => {
  const rooms = await withRooms(t, { limits: { deliveryAttemptsMax: 2 } });
  await rooms.destination('https://127.0.0.1:9/');
  await rooms.receive();
  await asOwner(rooms, `update events set sealed_body = '\\x00'::bytea`);
  await asOwner(
    rooms,
    `update destinations set state = 'failing', failing_since = now(), probe_at = now(), paused_at = now()`,
  );
  rooms.delivery.start();
  await until(async () => (await asOwner(rooms, 'select from attempts')).length === 1);
  await makeDue(rooms);
  await until(async () => (await asOwner(rooms, 'select from attempts')).length === 2);
  const [delivery] = await rooms.deliveries();
  assert.deepEqual([delivery?.state, delivery?.attempts, delivery?.lastReason], ['dead', 2, 'OPEN_FAILED']);
  assert.equal((await stateOf(rooms)).state, 'failing');
});
