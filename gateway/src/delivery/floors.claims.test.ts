// What is over keeps its place in the index of what is due until a vacuum comes. A claim doesn't pass over all of it again, and what comes
// late, before what was claimed already, is found all the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { type DestinationId, isoTime, newId, systemClock } from '#base';
import { statement } from '#store';
import { asOwner, until, withReceiver, withRooms } from './delivery.fixture.ts';
import { createFloors } from './floors.ts';
import { claimDeliveries } from './queries.ts';

const LATE_MS = 5_000;
const OVER = 20_000;
const planRow = z.object({
  'QUERY PLAN': z.array(
    z.object({ Plan: z.object({ 'Shared Hit Blocks': z.number(), 'Shared Read Blocks': z.number() }) }),
  ),
});
const pagesOfClaim = statement(
  'test.pages_of_claim',
  `explain (analyze, buffers, format json) ${claimDeliveries.text}`,
  (row) => planRow.parse(row)['QUERY PLAN'][0]?.Plan,
);

test('a claim passes over what is over since a little before the last one, however much there is', async (t) => {
  const rooms = await withRooms(t);
  const { id } = await rooms.destination('https://127.0.0.1:9/', 'one');
  await rooms.receive();
  await asOwner(
    rooms,
    `insert into deliveries (environment_id, id, event_id, destination_id, state, attempts, next_attempt_at, created_at, changed_at)
     select environment_id, left(id, 14) || lpad(n::text, 16, '0'), event_id, destination_id, 'due', 0,
       now() - interval '1 hour' + n * interval '1 ms', now(), now()
     from deliveries, generate_series(1, ${OVER}) n`,
  );
  await asOwner(
    rooms,
    `update deliveries set state = 'delivered', next_attempt_at = null where next_attempt_at < now() - interval '30 minutes'`,
  );
  const pages = async (since: Record<string, string>): Promise<number> => {
    const now = Date.now();
    const values = [new Date(now), new Date(now + 1), 10, 10, [id], [0], [null], null, JSON.stringify(since)];
    const plan = await rooms.store.system((tx) => tx.row(pagesOfClaim, values));
    return (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
  };
  const all = await pages({});
  const some = await pages({ [id]: isoTime(Date.now() - LATE_MS) });
  assert.ok(all > OVER / 300, `${all} pages: nothing is left in the index, and this test shows nothing`);
  assert.ok(some < 60, `${some} pages, where the whole is ${all}`);
});

test('what comes before what was claimed already is found with the next look at all', async (t) => {
  const rooms = await withRooms(t, { limits: { deliveryPollMs: 200 } });
  const receiver = await withReceiver(t);
  await rooms.destination(receiver.url);
  await rooms.receive();
  rooms.delivery.start();
  await receiver.has(1);
  await rooms.receive();
  await asOwner(
    rooms,
    `update deliveries set state = 'due', next_attempt_at = now() - interval '1 hour', attempts = 0`,
  );
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
});

test('nor does it wait behind newer ones at a destination that takes one at a time and always has one', async (t) => {
  const rooms = await withRooms(t, { limits: { deliveryPollMs: 200 } });
  const NEWER = 40;
  const receiver = await withReceiver(t, (response) => void setTimeout(() => response.end(), 50));
  await rooms.destination(receiver.url, 'one at a time', { concurrency: 1 });
  const late = await rooms.receive();
  await asOwner(
    rooms,
    `update deliveries set state = 'waiting', order_key = '\\x00', order_number = 1, next_attempt_at = null`,
  );
  for (let count = 0; count < NEWER; count += 1) await rooms.receive();
  rooms.delivery.start();
  await receiver.has(3);
  await asOwner(
    rooms,
    `update deliveries set state = 'due', order_key = null, order_number = null, next_attempt_at = now() - interval '1 hour'
     where state = 'waiting'`,
  );
  await receiver.has(NEWER + 1);
  const at = receiver.received.findIndex(({ id }) => id === late);
  assert.ok(at > 0 && at < NEWER, `it came as number ${at} of ${NEWER}`);
});

const claimed = (destination: DestinationId, ...ms: number[]) =>
  ms.map((each) => ({ destination_id: destination, was: new Date(each) }));
const everywhere = (): boolean => true;

test('a floor is a little before the oldest that a claim gave; once in a while there is none', () => {
  const [one, other] = [newId('destination', systemClock), newId('destination', systemClock)];
  const floors = createFloors({ everyMs: 1_000 });
  assert.equal(floors.at(0, everywhere).size, 0);
  floors.claimed([...claimed(one, 90_000, 70_000, 80_000), ...claimed(other, 50_000)], 0);
  const both = new Map([
    [one, 65_000],
    [other, 45_000],
  ]);
  assert.deepEqual(floors.at(999, everywhere), both);
  floors.claimed(claimed(one, 100_000), 999);
  assert.equal(floors.at(999, everywhere).get(one), 95_000);
  assert.equal(
    floors.at(1_000, everywhere).size,
    0,
    'what is claimed again and again is asked from the beginning, too',
  );
  floors.claimed(claimed(one, 20_000), 1_000);
  assert.equal(floors.at(1_001, everywhere).get(one), 15_000);
  assert.equal(floors.at(1_001, everywhere).get(other), 45_000, 'of the other nothing older was found');
});

test('one that has no room when its time has come is asked from the beginning as soon as it has', () => {
  const one = newId('destination', systemClock);
  const floors = createFloors({ everyMs: 1_000 });
  floors.claimed(claimed(one, 50_000), 0);
  for (const ms of [1_000, 2_000, 5_500]) assert.equal(floors.at(ms, () => false).size, 1);
  assert.equal(floors.at(5_501, everywhere).size, 0);
  assert.equal(floors.at(5_502, everywhere).size, 1);
});

test('no more than a thousand are remembered, those that were claimed for last', () => {
  const floors = createFloors({ everyMs: 1_000 });
  const all = Array.from({ length: 1_200 }, () => newId('destination', systemClock));
  for (const id of all) floors.claimed(claimed(id, 9_000), 0);
  assert.deepEqual([...floors.at(1, everywhere).keys()], all.slice(200));
});
