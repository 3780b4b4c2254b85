// A replay of many events makes each delivery once, whatever number of nodes work on it and wherever one stops; a dry run makes
// none. What a destination has, or is about to get, is left out unless it is asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SYSTEM, silentLog } from '#base';
import { asOwner, until, withReceiver, withRooms } from './delivery.fixture.ts';

const filter = { platforms: null, types: null, endpoints: null, conditions: null };

test('two nodes in small steps, one of which stops in between: each event once, and a dry run says it beforehand', async (t) => {
  const rooms = await withRooms(t, { limits: { eventReplayStepItemsMax: 3, eventReplayTrialItemsMax: 100 } });
  const { environment } = rooms;
  const fromMs = Date.now() - 1_000;
  for (let count = 0; count < 20; count++)
    await rooms.receive(Buffer.from(`{"id":"e${count}","type":"order.paid","n":${count}}`));
  const receiver = await withReceiver(t);
  const late = await rooms.destination(receiver.url, 'made later', {
    filter: { ...filter, conditions: [{ path: ['n'], op: 'less', value: 15 }] },
  });
  const query = { environment, fromMs, toMs: Date.now() + 1_000 };
  const trial = await rooms.delivery.replays.try(query);
  assert.deepEqual([trial.events, trial.deliveries, trial.complete, trial.sample.length], [20, 15, true, 10]);
  assert.equal((await rooms.deliveries()).length, 0);
  const { id: replay } = await rooms.delivery.replays.create(query, SYSTEM);
  const [other, third] = [await rooms.node(), await rooms.node()];
  other.delivery.start();
  third.delivery.start();
  await until(async () => (await rooms.delivery.replays.get({ environment, replay })).events > 3);
  await other.delivery.stop();
  await until(async () => (await third.delivery.replays.get({ environment, replay })).state === 'finished');
  const view = await rooms.delivery.replays.get({ environment, replay });
  assert.deepEqual([view.events, view.deliveries], [20, 15]);
  await receiver.has(15);
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  const made = await rooms.deliveries();
  assert.equal(new Set(made.map(({ event }) => event)).size, 15);
  assert.equal(made.length, 15);
  assert.ok(made.every(({ destination }) => destination === late.id));
  // Delivered already: only who asks for all gets it again.
  const undelivered = { ...query, toMs: Date.now() + 1_000, only: 'undelivered' } as const;
  const second = await rooms.delivery.replays.create(undelivered, SYSTEM);
  await until(
    async () => (await third.delivery.replays.get({ environment, replay: second.id })).state === 'finished',
  );
  assert.equal((await rooms.delivery.replays.get({ environment, replay: second.id })).deliveries, 0);
  await rooms.audit.integrate();
  const entries = await rooms.audit.entries({ environment, limit: 50, action: 'replay.finished' });
  assert.equal(entries.items.length, 2);
});

test('a canceled one ends where it is; too many at once are refused; so is a window that ends before it begins; one may be all of time', async (t) => {
  const rooms = await withRooms(t, { limits: { eventReplaysMax: 1 } });
  const { environment } = rooms;
  const query = { environment, fromMs: 0, toMs: Date.now() };
  const { id: replay } = await rooms.delivery.replays.create(query, SYSTEM);
  await assert.rejects(rooms.delivery.replays.create(query, SYSTEM), { code: 'CONFLICT' });
  assert.equal((await rooms.delivery.replays.cancel({ environment, replay }, SYSTEM)).state, 'canceled');
  assert.equal((await rooms.delivery.replays.cancel({ environment, replay }, SYSTEM)).state, 'canceled');
  await rooms.delivery.replays.create(query, SYSTEM);
  const ages = { ...query, fromMs: Date.UTC(1, 0), toMs: Date.UTC(9999, 0) };
  assert.equal((await rooms.delivery.replays.try(ages)).complete, true);
  await assert.rejects(rooms.delivery.replays.try({ ...query, toMs: 0 }), { code: 'INVALID_REQUEST' });
  const unknown = 'rpl_00000000000000000000000000' as const;
  await assert.rejects(rooms.delivery.replays.get({ environment, replay: unknown }), {
    code: 'REPLAY_NOT_FOUND',
  });
});

test('dead letters of a time are delivered after all, in a new delivery each', async (t) => {
  let isUp = false;
  const receiver = await withReceiver(t, (response) => {
    response.statusCode = isUp ? 200 : 500;
    response.end('no: 4242 4242 4242 4242 <script>');
  });
  const rooms = await withRooms(t, { limits: { deliveryAttemptsMax: 1 } });
  const { environment } = rooms;
  const { id: destination } = await rooms.destination(receiver.url);
  rooms.delivery.start();
  for (let count = 0; count < 3; count++) await rooms.receive();
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'dead'));
  const dead = await rooms.delivery.list({ environment, destination, state: 'dead', limit: 2 });
  assert.equal(dead.items.length, 2);
  const rest = await rooms.delivery.list({
    environment,
    destination,
    state: 'dead',
    limit: 2,
    after: dead.next ?? '',
  });
  assert.equal(rest.items.length, 1);
  const [first] = dead.items;
  assert.ok(first !== undefined);
  const { tries } = await rooms.delivery.get({ environment, delivery: first.id });
  assert.equal(tries.length, 1);
  assert.deepEqual([tries[0]?.number, tries[0]?.status, tries[0]?.address], [1, 500, '127.0.0.1']);
  assert.equal(tries[0]?.answerStart, 'no: [card] script');
  assert.ok(tries[0]?.answerHeaders?.['content-length'] !== undefined);
  isUp = true;
  const query = {
    environment,
    fromMs: 0,
    toMs: Date.now() + 1_000,
    destination,
    only: 'undelivered',
  } as const;
  await rooms.delivery.replays.create(query, SYSTEM);
  await receiver.has(6);
  await until(
    async () => (await rooms.deliveries()).filter(({ state }) => state === 'delivered').length === 3,
  );
  assert.equal((await asOwner(rooms, `select from deliveries where state = 'dead'`)).length, 3);
});

test('an event whose body can not be opened holds up no other: a replay passes over it and says so', async (t) => {
  const rooms = await withRooms(t);
  const { environment } = rooms;
  const fromMs = Date.now() - 1_000;
  const events = [];
  for (let count = 0; count < 5; count++) events.push(await rooms.receive());
  await asOwner(rooms, `update events set sealed_body = '\\x00'::bytea where id = $1`, [events[2]]);
  const conditions = [{ path: ['type'], op: 'exists' as const, value: true }];
  await rooms.destination('https://127.0.0.1:9/', 'looks inside', { filter: { ...filter, conditions } });
  const query = { environment, fromMs, toMs: Date.now() + 1_000 };
  const { id: replay } = await rooms.delivery.replays.create(query, SYSTEM);
  const said: string[] = [];
  const node = await rooms.node({ ...silentLog, error: (text) => said.push(text) });
  node.delivery.start();
  const view = () => rooms.delivery.replays.get({ environment, replay });
  await until(async () => (await view()).state === 'finished' || said.length > 1);
  assert.deepEqual(
    await view().then(({ state, events: looked, deliveries }) => [state, looked, deliveries]),
    ['finished', 5, 4],
  );
  assert.deepEqual(said, ['an event could not be opened']);
});
