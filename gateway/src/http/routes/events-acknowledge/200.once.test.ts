// What is acknowledged is delivered, with its entry and its attempt, is never given again, and can be acknowledged again: by any
// of its names, only where it was given, only here. U11 L11 L2.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aPullDestination, pull, send } from '../objects.fixture.ts';

const { actsOn, admin, call } = await sharedGateway();
const acknowledge = async (key: string, body: object) => {
  const answer = await call({ method: 'POST', path: '/v1/events/acknowledge', key, body });
  assert.equal(answer.status, 200, answer.text);
  return answer.json()['acknowledged'];
};

test('200 with how many are delivered by it; none when it is repeated', async () => {
  const { id, key } = await aPullDestination();
  for (const type of ['1', '2', '3']) await send(`{"type":"${type}"}`);
  const { batch, events } = await pull(key, '?lease=1');
  const deliveries = events.map(({ delivery }) => delivery);
  assert.equal(await acknowledge(key, { deliveries: deliveries.slice(0, 1) }), 1);
  assert.equal(await acknowledge(key, { deliveries: [...deliveries.slice(0, 2), deliveries[1]] }), 1);
  assert.equal(await acknowledge(key, { batch }), 1);
  assert.equal(await acknowledge(key, { batch, deliveries }), 0);
  const listed = await admin('GET', `/admin/v1/deliveries?destination=${id}`);
  const { items } = listed.json<{ items: { state: string; attempts: number }[] }>();
  assert.deepEqual(
    items.map(({ state, attempts }) => [state, attempts]),
    Array.from({ length: 3 }, () => ['delivered', 1]),
  );
  assert.deepEqual((await actsOn(`destination:${id}`)).slice(1), [
    'delivery.pulled: success by key',
    ...Array(3).fill('delivery.acknowledged: success by key'),
  ]);
  // Past every lease there was.
  assert.deepEqual(await pull(key, '?wait=2'), { batch: null, events: [] });
});

test('200 and nothing done for what was never given, or was given elsewhere', async () => {
  const [here, there] = [await aPullDestination(), await aPullDestination()];
  await send('{"type":"elsewhere"}');
  const { items } = (await admin('GET', `/admin/v1/deliveries?destination=${here.id}`)).json<{
    items: { id: string }[];
  }>();
  const ofThere = await pull(there.key);
  assert.equal(await acknowledge(here.key, { deliveries: items.map(({ id }) => id) }), 0);
  assert.equal(
    await acknowledge(here.key, { batch: ofThere.batch, deliveries: [ofThere.events[0]?.delivery] }),
    0,
  );
  assert.equal((await pull(here.key)).events.length, 1);
});

test('200 for what several acknowledge at once: each is counted once', async () => {
  const { key } = await aPullDestination();
  for (let count = 0; count < 10; count++) await send(`{"type":"${count}"}`);
  const { events } = await pull(key);
  const deliveries = events.map(({ delivery }) => delivery);
  const counts = await Promise.all(
    Array.from({ length: 8 }, (_, at) =>
      acknowledge(key, { deliveries: at % 2 ? deliveries : deliveries.toReversed() }),
    ),
  );
  assert.equal(
    counts.reduce((sum: number, count) => sum + Number(count), 0),
    10,
  );
});
