// A result is written down once, together with its entry of the log, by the node whose lease it is; one bad event fails alone.
// Trap "Audit": the entry and the act commit together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#base';
import { asOwner, makeDue, type TestRooms, until, withReceiver, withRooms } from './delivery.fixture.ts';
import { claimDeliveries } from './queries.ts';
import { createSettlements, type Settlement } from './settle.ts';

/** Claims the one delivery that is due. */
async function claimed({ store }: TestRooms, leaseMs: number) {
  const values = [new Date(), new Date(leaseMs), 1, 1, [], [], [], null, '{}'];
  const [claim] = await store.system((tx) => tx.rows(claimDeliveries, values));
  assert.ok(claim !== undefined);
  return claim;
}

const result = (ok: boolean) => ({
  ok,
  startedAtMs: Date.now(),
  durationMs: 5,
  status: ok ? 200 : 500,
  reason: ok ? null : 'answered 500',
  retryAfter: null,
  address: '127.0.0.1',
  answerHeaders: null,
  answerStart: null,
});

async function withClaim(t: Parameters<typeof withRooms>[0]) {
  const rooms = await withRooms(t);
  await rooms.destination('https://127.0.0.1:9/');
  await rooms.receive();
  const leaseMs = Date.now() + 60_000;
  const claim = await claimed(rooms, leaseMs);
  const settlements = createSettlements({
    ...rooms,
    ...rooms.settings,
    clock: systemClock,
    onHealth: () => undefined,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  return { rooms, claim, leaseMs, settlements };
}

test('a claimed delivery is claimed by nobody else until its lease ends', async (t) => {
  const { rooms, claim } = await withClaim(t);
  const later = (ms: number) => [
    new Date(Date.now() + ms),
    new Date(Date.now() + 2 * ms),
    10,
    10,
    [],
    [],
    [],
    null,
    '{}',
  ];
  const claims = (ms: number) => rooms.store.system((tx) => tx.rows(claimDeliveries, later(ms)));
  assert.deepEqual(await claims(30_000), []);
  assert.deepEqual(
    (await claims(61_000)).map(({ id }) => id),
    [claim.id],
  );
});

test('a failure under a lease that has passed on changes nothing of the delivery; its attempt is kept', async (t) => {
  const { rooms, claim, leaseMs, settlements } = await withClaim(t);
  const late: Settlement = {
    claim,
    leaseMs: leaseMs - 1,
    state: 'dead',
    nextMs: null,
    result: result(false),
    counts: true,
  };
  await settlements.add(late);
  const [delivery] = await rooms.deliveries();
  assert.deepEqual([delivery?.state, delivery?.attempts, delivery?.lastReason], ['due', 0, null]);
  assert.equal((await asOwner(rooms, 'select from attempts')).length, 1);
  await rooms.audit.integrate();
  const { environment } = rooms;
  assert.equal(
    (await rooms.audit.entries({ environment, limit: 9, action: 'delivery.attempted' })).items.length,
    1,
  );
  assert.equal(
    (await rooms.audit.entries({ environment, limit: 9, action: 'delivery.dead' })).items.length,
    0,
  );
});

test('a success counts whoever holds the lease, and once', async (t) => {
  const { rooms, claim, leaseMs, settlements } = await withClaim(t);
  const late: Settlement = {
    claim,
    leaseMs: leaseMs - 1,
    state: 'delivered',
    nextMs: null,
    result: result(true),
    counts: true,
  };
  await settlements.add(late);
  assert.equal((await rooms.deliveries())[0]?.state, 'delivered');
  await settlements.add({ ...late, leaseMs, state: 'due', nextMs: Date.now(), result: result(false) });
  const [delivery] = await rooms.deliveries();
  assert.deepEqual([delivery?.state, delivery?.attempts, delivery?.lastStatus], ['delivered', 1, 200]);
});

test('a success ends a failure that its sender had not heard of, and nothing is given up for what failed long before it', async (t) => {
  const { rooms, claim, leaseMs, settlements } = await withClaim(t);
  const failed = {
    claim,
    leaseMs,
    state: 'due',
    nextMs: leaseMs,
    result: result(false),
    counts: true,
  } as const;
  const failing = async () => (await asOwner(rooms, 'select failing_since, failures from destinations'))[0];
  await settlements.add(failed);
  assert.deepEqual(
    [(await failing())?.['failing_since'] instanceof Date, (await failing())?.['failures']],
    [true, 1],
  );
  await settlements.add({ ...failed, state: 'delivered', nextMs: null, result: result(true) });
  assert.deepEqual(await failing(), { failing_since: null, failures: 0 });
});

test('while the log can not be written no result is, either; the event is delivered again', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t, { limits: { deliveryLeaseMs: 1_000, deliveryTimeoutMs: 500 } });
  await rooms.destination(receiver.url);
  const event = await rooms.receive();
  await asOwner(rooms, 'revoke insert on audit_pending from sallyport_runtime');
  rooms.delivery.start();
  await receiver.has(2);
  assert.equal((await asOwner(rooms, 'select from attempts')).length, 0);
  assert.equal((await rooms.deliveries())[0]?.state, 'due');
  await asOwner(rooms, 'grant insert on audit_pending to sallyport_runtime');
  await until(async () => (await rooms.deliveries())[0]?.state === 'delivered');
  assert.ok(receiver.received.every(({ id }) => id === event));
  assert.equal((await asOwner(rooms, 'select from attempts')).length, 1);
});

test('a time limit that was set when a longer one was allowed is cut to what is, and the event is delivered', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t, { limits: { deliveryLeaseMs: 1_000, deliveryTimeoutMs: 500 } });
  await rooms.destination(receiver.url);
  await asOwner(rooms, `update destinations set settings = settings || '{"timeoutMs": 30000}'`);
  await rooms.receive();
  rooms.delivery.start();
  await until(async () => (await rooms.deliveries())[0]?.state === 'delivered');
});

test('many results fit their entries, however small an entry may be', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t, { limits: { auditDetailsBytesMax: 1_024 } });
  for (let count = 0; count < 12; count++) await rooms.destination(receiver.url);
  rooms.delivery.start();
  await rooms.receive();
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  assert.equal(receiver.received.length, 12);
});

test('an event whose body can not be opened fails alone, is seen, and dies in the end; its neighbours arrive', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t, { limits: { deliveryAttemptsMax: 2 } });
  await rooms.destination(receiver.url);
  const events = [];
  for (let count = 0; count < 5; count++) events.push(await rooms.receive());
  const [bad] = events.splice(2, 1);
  await asOwner(rooms, `update events set sealed_body = '\\x00'::bytea where id = $1`, [bad]);
  rooms.delivery.start();
  const badOne = async () => (await rooms.deliveries()).find(({ event }) => event === bad);
  await receiver.has(4);
  await until(async () => (await badOne())?.attempts === 1);
  assert.equal((await badOne())?.lastReason, 'OPEN_FAILED');
  await makeDue(rooms);
  await until(async () => (await badOne())?.state === 'dead');
  assert.deepEqual(receiver.received.map(({ id }) => id).sort(), [...events].sort());
});

test('a destination whose secret can not be opened fails alone, and is seen', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t);
  const { id: bad } = await rooms.destination(receiver.url);
  await rooms.destination(receiver.url);
  await asOwner(
    rooms,
    `update destination_secrets set sealed_secret = '\\x00'::bytea where destination_id = $1`,
    [bad],
  );
  rooms.delivery.start();
  await rooms.receive();
  await until(async () => (await rooms.deliveries()).every(({ attempts }) => attempts === 1));
  const outcomes = (await rooms.deliveries()).map(({ destination, lastReason }) => [
    destination === bad,
    lastReason,
  ]);
  assert.deepEqual(outcomes.sort(), [
    [false, null],
    [true, 'OPEN_FAILED'],
  ]);
  assert.equal(receiver.received.length, 1);
});
