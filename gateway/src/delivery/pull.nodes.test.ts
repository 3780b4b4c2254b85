// What is pulled is given to one consumer at a time, at whichever node, until it is acknowledged; pulls wait without asking, share
// what there is, and are bounded. U11 L11; traps "Postgres is the truth", "poll as well", "Every buffer and wait has a limit".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationId, SYSTEM } from '#base';
import type { PulledBatch } from '#delivery';
import { asOwner, type TestNode, type TestRooms, withRooms } from './delivery.fixture.ts';

async function aPullDestination({ delivery, environment }: TestRooms): Promise<DestinationId> {
  const fresh = { environment, name: 'pulled', kind: 'pull' } as const;
  return (await delivery.destinations.create(fresh, SYSTEM)).destination.id;
}

function pullAt(
  { delivery }: Pick<TestNode, 'delivery'>,
  { environment }: TestRooms,
  given: { destination: DestinationId; limit?: number; waitMs?: number; leaseMs?: number },
): Promise<PulledBatch> {
  const request = { environment, limit: 10, waitMs: 0, leaseMs: 600_000, ...given };
  const gone = new AbortController().signal;
  return delivery.pull.take(request, { actor: SYSTEM, again: async () => undefined, gone });
}

const idsOf = ({ events }: PulledBatch) => events.map(({ event }) => event.id);

test('consumers at two nodes share what there is: each event is given once and acknowledged once', async (t) => {
  const rooms = await withRooms(t);
  const { environment } = rooms;
  const nodes = [rooms, await rooms.node()];
  const destination = await aPullDestination(rooms);
  const stored = await Promise.all(Array.from({ length: 100 }, () => rooms.receive()));
  const given: string[] = [];
  let acknowledged = 0;
  const consume = async (node: TestNode, limit: number): Promise<void> => {
    for (;;) {
      const batch = await pullAt(node, rooms, { destination, limit });
      if (batch.batch === null) return;
      assert.ok(batch.events.every(({ attempt }) => attempt === 1));
      given.push(...idsOf(batch));
      const deliveries = batch.events.map(({ delivery }) => delivery);
      const done = { environment, destination, deliveries };
      const count = await node.delivery.pull.acknowledge(done, SYSTEM);
      acknowledged += count;
    }
  };
  await Promise.all([1, 3, 7, 10].map((limit, at) => consume(nodes[at % 2] ?? rooms, limit)));
  assert.deepEqual(given.toSorted(), stored.toSorted());
  assert.equal(acknowledged, 100);
  const rows = await asOwner(
    rooms,
    `select d.state, count(*)::int as deliveries, count(a.id)::int as attempts from deliveries d
     left join attempts a on a.delivery_id = d.id group by 1`,
  );
  assert.deepEqual(rows, [{ state: 'delivered', deliveries: 100, attempts: 100 }]);
});

test('a pull that waits at one node is given what another node stores', async (t) => {
  const rooms = await withRooms(t);
  const other = await rooms.node();
  const destination = await aPullDestination(rooms);
  other.delivery.start();
  const waiting = pullAt(other, rooms, { destination, waitMs: 60_000 });
  const event = await rooms.receive();
  assert.deepEqual(idsOf(await waiting), [event]);
});

test('an answer has room for so many bytes: what is left over was not given, and one that is larger comes alone', async (t) => {
  const rooms = await withRooms(t, { limits: { pullAnswerBytesMax: 64 * 1024 } });
  const destination = await aPullDestination(rooms);
  const sizes = [10, 40, 30, 100, 5].map((kib) => kib * 1024);
  for (const [at, size] of sizes.entries())
    await rooms.receive(Buffer.from(`{"id":"${at}","type":"a","data":{"orderId":"${'x'.repeat(size)}"}}`));
  const batches: number[][] = [];
  for (;;) {
    const { batch, events } = await pullAt(rooms, rooms, { destination });
    if (batch === null) break;
    assert.ok(events.every(({ attempt }) => attempt === 1));
    batches.push(events.map(({ event }) => Math.floor(event.body.length / 1024)));
  }
  assert.deepEqual(batches, [[10, 40], [30], [100], [5]]);
});

test('an event that is no longer kept is given up with its reason, and holds up no other', async (t) => {
  const rooms = await withRooms(t);
  const destination = await aPullDestination(rooms);
  const [lost, kept] = [await rooms.receive(), await rooms.receive()];
  await asOwner(rooms, 'delete from events where id = $1', [lost]);
  assert.deepEqual(idsOf(await pullAt(rooms, rooms, { destination })), [kept]);
  const rows = await asOwner(rooms, 'select state, last_reason from deliveries where event_id = $1', [lost]);
  assert.deepEqual(rows, [{ state: 'dead', last_reason: 'EVENT_NOT_FOUND' }]);
});

test('so many pulls wait, and no more; when the node stops they end with nothing', async (t) => {
  const rooms = await withRooms(t, { limits: { pullWaitersMax: 2 } });
  const destination = await aPullDestination(rooms);
  const waiting = [1, 2].map(() => pullAt(rooms, rooms, { destination, waitMs: 60_000 }));
  await assert.rejects(pullAt(rooms, rooms, { destination, waitMs: 60_000 }), { code: 'BUSY' });
  rooms.delivery.endWaiting();
  for (const ended of await Promise.all(waiting)) assert.deepEqual(ended, { batch: null, events: [] });
});
