// One destination that hangs, and any number of its events, leaves the others room; a lone one is not slowed down by it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOwner, until, withReceiver, withRooms } from './delivery.fixture.ts';
import { claimDeliveries } from './queries.ts';

test('destinations that hang hold a share of the places each; another gets its events meanwhile', async (t) => {
  const hanging = [await withReceiver(t, () => undefined), await withReceiver(t, () => undefined)];
  const healthy = await withReceiver(t);
  // After the receivers, so that it ends after them: it would wait for those that hang.
  const rooms = await withRooms(t, { limits: { deliveryConcurrency: 12, deliveryPollMs: 60_000 } });
  for (const { url } of [...hanging, healthy]) await rooms.destination(url);
  rooms.delivery.start();
  await Promise.all(Array.from({ length: 40 }, () => rooms.receive()));
  await healthy.has(40);
  for (const { received } of hanging) assert.ok(received.length <= 3, `${received.length} of 12 places`);
});

test('however many hang, those that are known to be slow share half of the places, and the others have the rest', async (t) => {
  let open = 0;
  let most = 0;
  let isCounted = false;
  const hanging = await Promise.all(
    Array.from({ length: 5 }, () =>
      withReceiver(t, (response) => {
        open += 1;
        if (isCounted) most = Math.max(most, open);
        response.on('close', () => (open -= 1));
      }),
    ),
  );
  const healthy = await withReceiver(t);
  const rooms = await withRooms(t, {
    limits: { deliveryConcurrency: 16, deliveryTimeoutMs: 500, deliveryTimeoutMaxMs: 500 },
  });
  for (const { url } of [...hanging, healthy])
    await rooms.destination(url, undefined, { scheduleSeconds: [1] });
  rooms.delivery.start();
  await Promise.all(Array.from({ length: 12 }, () => rooms.receive()));
  // Once each has kept somebody waiting until the end, it is known.
  await until(
    async () =>
      hanging.every(({ received }) => received.length > 2) &&
      Number(
        (
          await asOwner(
            rooms,
            'select count(distinct d.destination_id) from attempts a join deliveries d on d.id = a.delivery_id where a.reason is not null',
          )
        )[0]?.['count'],
      ) === 5,
  );
  await until(() => open <= 8);
  isCounted = true;
  const before = hanging.reduce((sum, { received }) => sum + received.length, 0);
  await until(() => hanging.reduce((sum, { received }) => sum + received.length, 0) >= before + 24);
  // With room for connections whose end is not seen yet.
  assert.ok(most <= 12, `${most} of 16 places`);
  await healthy.has(12);
});

test('what hangs in all of its places is not asked about with each claim of the others', async (t) => {
  const hanging = await withReceiver(t, () => undefined);
  const healthy = await withReceiver(t);
  const limits = { deliveryConcurrency: 8, deliveryTimeoutMs: 500, deliveryTimeoutMaxMs: 500 };
  const rooms = await withRooms(t, { limits });
  const { id } = await rooms.destination(hanging.url);
  await rooms.destination(healthy.url);
  const { system } = rooms.store;
  const claims: { isOfSlow: boolean; isFull: boolean }[] = [];
  const seen = ([, , , , ids, underWay, , only]: readonly unknown[]) => ({
    isOfSlow: only !== null,
    isFull: Number((underWay as number[])[(ids as string[]).indexOf(id)] ?? 0) >= 2,
  });
  t.mock.method(rooms.store, 'system', (run: Parameters<typeof system>[0]) =>
    system((tx) => {
      const rows: typeof tx.rows = (statement, values) => {
        if (statement === claimDeliveries) claims.push(seen(values));
        return tx.rows(statement, values);
      };
      return run({ ...tx, rows });
    }),
  );
  rooms.delivery.start();
  for (let count = 0; count < 12; count += 1) await rooms.receive();
  await until(() => hanging.received.length >= 6); // twice both of its places ended in nothing
  await until(() => claims.filter(({ isOfSlow }) => isOfSlow).length >= 2);
  await until(() => claims.some(({ isOfSlow, isFull }) => isFull && !isOfSlow));
  assert.equal(claims.filter(({ isOfSlow, isFull }) => isOfSlow && isFull).length, 0);
});

test('events of one destination follow each other without waiting for the next poll', async (t) => {
  const rooms = await withRooms(t, { limits: { deliveryConcurrency: 8, deliveryPollMs: 60_000 } });
  const receiver = await withReceiver(t);
  await rooms.destination(receiver.url);
  rooms.delivery.start();
  await Promise.all(Array.from({ length: 100 }, () => rooms.receive()));
  await receiver.has(100);
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  assert.equal(receiver.received.length, 100);
});

test('places that were all taken are filled again as they become free', async (t) => {
  const rooms = await withRooms(t, { limits: { deliveryConcurrency: 4, deliveryPollMs: 60_000 } });
  const receivers = await Promise.all(Array.from({ length: 6 }, () => withReceiver(t)));
  for (const { url } of receivers) await rooms.destination(url);
  rooms.delivery.start();
  await Promise.all(Array.from({ length: 20 }, () => rooms.receive()));
  await Promise.all(receivers.map((receiver) => receiver.has(20)));
});
