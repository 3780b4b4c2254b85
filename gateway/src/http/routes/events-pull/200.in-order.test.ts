// A pull gives what has been due longest, byte for byte, under a lease: to nobody else until that ends, and then again, as long
// as it takes until it is acknowledged. U11 L11; traps "Postgres is the truth", "deliver byte-exact".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64 } from '#base';
import { sharedGateway } from '#test/shared-gateway';
import { anEvent, aPullDestination, pull, send } from '../objects.fixture.ts';

const { actsOn, call, admin } = await sharedGateway();

test('200 with events in their order, whatever their platform, and their bytes as they came in', async () => {
  const { id, key } = await aPullDestination();
  const koywe = await anEvent();
  const bodies = ['{"type":"a",  "n":1.0}', '{"type":"b","text":"\\u00e9\\/"}\n'];
  const own = [await send(bodies[0] ?? ''), await send(bodies[1] ?? '')];
  const first = await pull(key, '?limit=2');
  const rest = await pull(key);
  const given = [...first.events, ...rest.events];
  assert.deepEqual(
    given.map(({ event, attempt }) => [event, attempt]),
    [koywe.id, ...own].map((event) => [event, 1]),
  );
  assert.deepEqual(
    given.map(({ body }) => Buffer.from(fromBase64(body) ?? []).toString()),
    [koywe.body, ...bodies],
  );
  assert.deepEqual(await pull(key), { batch: null, events: [] });
  assert.deepEqual((await actsOn(`destination:${id}`)).slice(1), [
    'delivery.pulled: success by key',
    'delivery.pulled: success by key',
  ]);
});

test('200 again when the lease is over, with the number of the time; not for anybody before', async () => {
  const { key } = await aPullDestination();
  const event = await send('{"type":"lease"}');
  const [first] = (await pull(key, '?lease=1')).events;
  assert.deepEqual(await pull(key), { batch: null, events: [] });
  const [again] = (await pull(key, '?wait=20')).events;
  assert.deepEqual([again?.event, again?.delivery, again?.attempt], [event, first?.delivery, 2]);
});

test('200 with the next after a batch, which is acknowledged by it, as a whole and no other', async () => {
  const { id, key } = await aPullDestination();
  for (const type of ['1', '2', '3']) await send(`{"type":"${type}"}`);
  const first = await pull(key, '?limit=1&lease=1');
  const second = await pull(key, `?limit=1&lease=1&after=${first.batch}`);
  assert.deepEqual(
    await pull(key, `?limit=1&lease=3600&after=${first.batch}`).then(({ events }) => events.length),
    1,
  );
  // The second was never acknowledged: it comes again, and the first does not.
  const again = await pull(key, '?wait=20');
  assert.deepEqual(
    again.events.map(({ event }) => event),
    second.events.map(({ event }) => event),
  );
  // What was given again meanwhile belongs to whoever has it now.
  await pull(key, `?after=${second.batch}`);
  const listed = await admin('GET', `/admin/v1/deliveries?destination=${id}`);
  const states = listed.json<{ items: { state: string }[] }>().items.map(({ state }) => state);
  assert.deepEqual(states, ['due', 'due', 'delivered']);
});

test('200 with nothing while the destination is paused; what came meanwhile follows', async () => {
  const { id, key } = await aPullDestination();
  await admin('PATCH', `/admin/v1/destinations/${id}`, { state: 'paused' });
  const event = await send('{"type":"paused"}');
  assert.deepEqual(await pull(key), { batch: null, events: [] });
  await admin('PATCH', `/admin/v1/destinations/${id}`, { state: 'active' });
  assert.deepEqual(
    (await pull(key, '?wait=20')).events.map((one) => one.event),
    [event],
  );
});

test('200 for a key that is bound to nothing and names the destination', async () => {
  const { testKey } = await sharedGateway();
  const { id } = await aPullDestination();
  const event = await send('{"type":"named"}');
  const answer = await call({ path: `/v1/events?destination=${id}`, key: testKey });
  assert.deepEqual(
    answer.json<{ events: { event: string }[] }>().events.map((one) => one.event),
    [event],
  );
});
