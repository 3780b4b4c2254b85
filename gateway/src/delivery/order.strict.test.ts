// Where an order is asked for, an event is sent when no earlier one with the same key is still on its way, whatever fails
// meanwhile and however many nodes store and send; what has another key, or none, waits for nobody. A dead letter lets the next go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sign } from '@sallyport/schemes';
import { Client } from 'pg';
import { SYSTEM } from '#base';
import { asOwner, makeDue, until, withReceiver, withRooms } from './delivery.fixture.ts';
import { lockOrders } from './queries.ts';

const about = (order: string, number: number): Buffer =>
  Buffer.from(JSON.stringify({ id: `${order}-${number}`, type: 'order.paid', data: { order, number } }));

const numbersOf = (received: readonly { readonly body: Buffer }[], order: string): number[] =>
  received
    .map(({ body }) => JSON.parse(body.toString()).data)
    .filter((data) => data.order === order)
    .map((data) => data.number);

test('one that fails holds up those with its key and no others; each arrives once, in order', async (t) => {
  const failing = new Set(['a']);
  const receiver = await withReceiver(t, (response, { body }) => {
    response.statusCode = failing.has(JSON.parse(body.toString()).data.order) ? 500 : 200;
    response.end();
  });
  const rooms = await withRooms(t);
  await rooms.destination(receiver.url, 'ordered', { orderBy: { path: ['data', 'order'] } });
  for (let number = 1; number <= 3; number++)
    for (const order of ['a', 'b']) await rooms.receive(about(order, number));
  const states = async () => (await rooms.deliveries()).map(({ state }) => state).sort();
  assert.deepEqual(await states(), ['due', 'due', 'waiting', 'waiting', 'waiting', 'waiting']);
  rooms.delivery.start();
  await until(() => numbersOf(receiver.received, 'b').length === 3);
  await until(async () =>
    (await rooms.deliveries()).some(({ attempts, state }) => attempts === 1 && state === 'due'),
  );
  assert.deepEqual(numbersOf(receiver.received, 'b'), [1, 2, 3]);
  assert.deepEqual(numbersOf(receiver.received, 'a'), [1]);
  await rooms.receive(about('a', 4));
  failing.clear();
  await makeDue(rooms);
  await until(() => numbersOf(receiver.received, 'a').length === 5);
  assert.deepEqual(numbersOf(receiver.received, 'a'), [1, 1, 2, 3, 4]);
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
});

test('a dead one lets the next go, and what has no value at the path waits for nobody', async (t) => {
  const receiver = await withReceiver(t, (response, { body }) => {
    response.statusCode = body.includes('"a-1"') ? 500 : 200;
    response.end();
  });
  const rooms = await withRooms(t);
  const path = ['data', 'order'];
  await rooms.destination(receiver.url, 'ordered', { orderBy: { path }, scheduleSeconds: [1] });
  await rooms.receive(about('a', 1));
  await rooms.receive(about('a', 2));
  await rooms.receive(Buffer.from('{"id":"without","type":"x","data":{"order":{"not":"a value"}}}'));
  await rooms.receive(Buffer.from('no JSON'));
  rooms.delivery.start();
  await receiver.has(3);
  assert.deepEqual(
    numbersOf(
      receiver.received.filter(({ body }) => body.includes('"a-')),
      'a',
    ),
    [1],
  );
  await makeDue(rooms);
  await receiver.has(5);
  await until(async () =>
    (await rooms.deliveries()).every(({ state }) => state === 'delivered' || state === 'dead'),
  );
  assert.deepEqual(
    numbersOf(
      receiver.received.filter(({ body }) => body.includes('"a-')),
      'a',
    ),
    [1, 1, 2],
  );
  // Retried after its death it goes behind, with the same key.
  const dead = (await rooms.deliveries()).find(({ state }) => state === 'dead');
  assert.ok(dead !== undefined);
  const again = await rooms.delivery.retry({ environment: rooms.environment, delivery: dead.id }, SYSTEM);
  assert.notEqual(again.id, dead.id);
  const rows = await asOwner(
    rooms,
    'select id, order_key, order_number from deliveries where order_key is not null order by order_number',
  );
  assert.equal(rows.at(-1)?.['id'], again.id);
  assert.equal(new Set(rows.map((row) => String(row['order_key']))).size, 1);
});

test('two nodes that store and send at once keep one order: that in which events became visible', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t);
  await rooms.destination(receiver.url, 'all', { orderBy: 'all' });
  await rooms.destination(receiver.url, 'unordered');
  const other = await rooms.node();
  for (const node of [rooms, other]) node.delivery.start();
  await Promise.all(
    Array.from({ length: 30 }, async (_, number) => {
      const body = about('a', number);
      const secrets = [Buffer.from(rooms.webhookSecret)];
      const { headers } = sign({ scheme: 'koywe', secrets, body, nowMs: Date.now() });
      const node = number % 2 === 0 ? rooms : other;
      await node.ingest.receive({
        endpoint: rooms.endpoint,
        rawHeaders: headers.flat(),
        body,
        address: '127.0.0.1',
      });
    }),
  );
  await receiver.has(60);
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  const sent = await asOwner(
    rooms,
    `select d.order_number::int as number from attempts a join deliveries d on d.id = a.delivery_id
     where d.order_key is not null order by a.started_at, a.id`,
  );
  const numbers = sent.map((row) => Number(row['number']));
  assert.equal(numbers.length, 30);
  assert.deepEqual(
    numbers,
    numbers.toSorted((left, right) => left - right),
  );
});

test('what waits for one that is gone with its month goes when the destination is resumed', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t);
  const { environment } = rooms;
  const { id: destination } = await rooms.destination(receiver.url, 'all', { orderBy: 'all' });
  const change = (state: 'active' | 'paused') =>
    rooms.delivery.destinations.change({ environment, destination, state }, SYSTEM);
  await change('paused');
  for (let number = 1; number <= 3; number++) await rooms.receive(about('a', number));
  await asOwner(rooms, `delete from deliveries where state = 'due'`);
  rooms.delivery.start();
  await change('active');
  await receiver.has(2);
  assert.deepEqual(numbersOf(receiver.received, 'a'), [2, 3]);
});

test('resuming a destination and writing down a result of it never wait for each other', async (t) => {
  const rooms = await withRooms(t);
  const { id } = await rooms.destination('https://127.0.0.1:9/', 'ordered', { orderBy: 'all' });
  const target = { environment: rooms.environment, destination: id };
  await rooms.delivery.destinations.change({ ...target, state: 'paused' }, SYSTEM);
  const settling = new Client(rooms.settings.databaseUrl);
  await settling.connect();
  // What a settlement does, in its order: the lock of the order, then the row of the destination.
  await settling.query('begin; set local search_path = sallyport; set local role sallyport_runtime');
  await settling.query(`select set_config('sallyport.environment', $1, true)`, [rooms.environment]);
  await settling.query(lockOrders.text, [[id]]);
  const resuming = rooms.delivery.destinations.change({ ...target, state: 'active' }, SYSTEM);
  resuming.catch(() => undefined);
  const waits = `select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`;
  await until(async () => (await settling.query(waits)).rows.length > 0);
  const { rowCount } = await settling.query('update destinations set failures = 1 where id = $1', [id]);
  assert.equal(rowCount, 1);
  await settling.query('commit');
  await settling.end();
  assert.equal((await resuming).state, 'active');
});

test('what waits for one that went with its month goes on when its destination takes something again', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t);
  await rooms.destination(receiver.url, 'ordered', { orderBy: { path: ['data', 'order'] } });
  for (const order of ['a', 'b']) for (const number of [1, 2]) await rooms.receive(about(order, number));
  await asOwner(
    rooms,
    `update destinations set state = 'failing', failing_since = now(), probe_at = now(), paused_at = now()`,
  );
  await asOwner(
    rooms,
    `delete from deliveries where order_number = (select min(order_number) from deliveries)`,
  );
  rooms.delivery.start();
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  assert.deepEqual(numbersOf(receiver.received, 'a'), [2]);
  assert.deepEqual(numbersOf(receiver.received, 'b'), [1, 2]);
});
