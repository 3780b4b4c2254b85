// Deliveries of a frozen environment wait, in whatever state they are, and go on when it is unfrozen; those of others are
// not held up. K3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SYSTEM } from '#base';
import { statement } from '#store';
import { asOwner, makeDue, until, withReceiver, withRooms } from './delivery.fixture.ts';
import { claimDeliveries } from './queries.ts';

const plan = statement('test.plan_of_claim', `explain (costs off) ${claimDeliveries.text}`, (row) =>
  JSON.stringify(row),
);

test('K3 nothing is claimed of a frozen environment, and all of it once it is not', async (t) => {
  const rooms = await withRooms(t);
  const { environments, environment, delivery } = rooms;
  const receiver = await withReceiver(t);
  await rooms.destination(receiver.url);
  await environments.freeze(environment, SYSTEM);
  // Ingest takes none now: what was stored before is what waits.
  await environments.unfreeze(environment, SYSTEM);
  await until(async () => (await environments.get(environment)).state === 'active');
  const events = [await rooms.receive(), await rooms.receive()];
  await environments.freeze(environment, SYSTEM);
  delivery.start();
  await makeDue(rooms);
  const claims = (): Promise<unknown[]> =>
    rooms.store.system((tx) =>
      tx.rows(claimDeliveries, [new Date(), new Date(Date.now() + 1_000), 10, 10, [], [], [], null, '{}']),
    );
  assert.deepEqual(await claims(), []);
  assert.ok((await rooms.deliveries()).every(({ state, attempts }) => state === 'due' && attempts === 0));
  assert.equal(receiver.received.length, 0);
  await environments.unfreeze(environment, SYSTEM);
  delivery.announce();
  await receiver.has(events.length);
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
});

test('the claim asks once which environments are frozen, however many destinations there are', async (t) => {
  const rooms = await withRooms(t);
  const values = [new Date(), new Date(), 10, 10, [], [], [], null, '{}'];
  await asOwner(rooms, 'analyze destinations');
  const lines = await rooms.store.system((tx) => tx.rows(plan, values));
  assert.match(lines.join('\n'), /Anti/, lines.join('\n'));
});
