// A claim gives each destination what it allows at most: by the places it has, by what it takes at once, by its rate; one that is
// failing gets a single try when its time has come, and one that is pulled from, or paused, none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationId, SYSTEM } from '#base';
import { asOwner, until, withReceiver, withRooms } from './delivery.fixture.ts';
import { claimDeliveries } from './queries.ts';

test('so many and no more, counted with those that are under way', async (t) => {
  const rooms = await withRooms(t);
  const url = 'https://127.0.0.1:9/';
  const { id } = await rooms.destination(url, 'one');
  for (let count = 0; count < 12; count++) await rooms.receive();
  const change = (fields: object) =>
    rooms.delivery.destinations.change(
      { environment: rooms.environment, destination: id, ...fields },
      SYSTEM,
    );
  /** How many a claim gives, which is then undone. */
  const claimed = async (known: readonly (readonly [DestinationId, number, number | null])[] = []) => {
    const now = Date.now();
    const values = [
      new Date(now),
      new Date(now + 60_000),
      100,
      8,
      known.map(([destination]) => destination),
      known.map(([, underWay]) => underWay),
      known.map(([, , allowed]) => allowed),
      null,
      '{}',
    ];
    const rows = await rooms.store.system((tx) => tx.rows(claimDeliveries, values));
    await asOwner(
      rooms,
      `update deliveries set next_attempt_at = now() - interval '1 second' where state = 'due'`,
    );
    return rows.length;
  };
  assert.equal(await claimed(), 8);
  assert.equal(await claimed([[id, 5, null]]), 3);
  assert.equal(await claimed([[id, 9, null]]), 0);
  await change({ concurrency: 3 });
  assert.equal(await claimed(), 3);
  assert.equal(await claimed([[id, 2, null]]), 1);
  await change({ concurrency: 100, ratePerSecond: 4 });
  assert.equal(await claimed(), 4);
  assert.equal(await claimed([[id, 0, 2]]), 2);
  assert.equal(await claimed([[id, 7, 4]]), 1);
  assert.equal(await claimed([[id, 0, 0]]), 0);
  await change({ concurrency: null, ratePerSecond: null });
  const failing = (probe: string) =>
    asOwner(rooms, `update destinations set state = 'failing', probe_at = now() ${probe}`);
  await failing(`+ interval '1 minute'`);
  assert.equal(await claimed(), 0);
  await failing(`- interval '1 minute'`);
  assert.equal(await claimed(), 1);
  assert.equal(await claimed([[id, 1, null]]), 0);
  await asOwner(rooms, `update destinations set state = 'active', kind = 'pull'`);
  assert.equal(await claimed(), 0);
});

test('what takes two at once never has three, and gets everything; a rate in between holds nothing back for good', async (t) => {
  let underWay = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const receiver = await withReceiver(t, (response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    waiting.push(() => {
      underWay -= 1;
      response.end();
    });
    // Those that are there are answered together, as soon as there could be no more.
    if (waiting.length === 2) for (const answer of waiting.splice(0)) setImmediate(answer);
  });
  const rooms = await withRooms(t, { limits: { deliveryPollMs: 60_000 } });
  await rooms.destination(receiver.url, 'two at once', { concurrency: 2, ratePerSecond: 100 });
  for (let count = 0; count < 20; count++) await rooms.receive();
  rooms.delivery.start();
  await receiver.has(20);
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  assert.equal(most, 2);
});
