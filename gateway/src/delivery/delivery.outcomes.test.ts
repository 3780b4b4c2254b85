// Whatever a receiver does ends in a state that can be seen: delivered, due again with the reason, or dead after the limit.
// Traps "Delivering": retry schedules; a failing endpoint says so. "Calling out": guarded at each try.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationId, Fault, SYSTEM } from '#base';
import { asOwner, makeDue, type TestRooms, until, withReceiver, withRooms } from './delivery.fixture.ts';

/** Path → what the receiver does; the state and reason that follow. */
const ANSWERS: Readonly<
  Record<string, readonly [state: string, status: number | null, reason: string | null]>
> = {
  '/200': ['delivered', 200, null],
  '/201': ['delivered', 201, null],
  '/204': ['delivered', 204, null],
  '/large': ['delivered', 200, null],
  '/endless': ['delivered', 200, null],
  '/cut': ['delivered', 200, null],
  '/301': ['due', 301, 'answered 301'],
  '/302': ['due', 302, 'answered 302'],
  '/304': ['due', 304, 'answered 304'],
  '/400': ['due', 400, 'answered 400'],
  '/401': ['due', 401, 'answered 401'],
  '/404': ['due', 404, 'answered 404'],
  '/410': ['due', 410, 'answered 410'],
  '/429': ['due', 429, 'answered 429'],
  '/500': ['due', 500, 'answered 500'],
  '/503': ['due', 503, 'answered 503'],
  '/reset': ['due', null, 'OUTBOUND_BROKEN'],
  '/silent': ['due', null, 'OUTBOUND_TIMEOUT'],
};

async function withAnswers(t: Parameters<typeof withReceiver>[0]) {
  const paths = new Map<string, string>();
  const receiver = await withReceiver(t, (response) => {
    const path = response.req.url ?? '';
    paths.set(path, path);
    const status = /^\/(\d{3})$/.exec(path)?.[1];
    if (path === '/429') response.setHeader('retry-after', '3600');
    if (path === '/302') response.setHeader('location', '/redirected');
    if (status !== undefined) return void response.writeHead(Number(status)).end();
    if (path === '/large')
      return void response.writeHead(200, { 'content-length': 200_000 }).end(Buffer.alloc(200_000));
    if (path === '/cut') {
      response.writeHead(200, { 'content-length': 100 });
      return void response.write('x', () => response.destroy());
    }
    if (path === '/endless') {
      const pour = (): void => void (response.destroyed || response.write(Buffer.alloc(16_384), pour));
      return pour();
    }
    if (path === '/reset') response.destroy();
  });
  return { receiver, paths };
}

async function settled(rooms: TestRooms, attempts: number): Promise<void> {
  await until(async () => {
    const all = await rooms.deliveries();
    return all.length > 0 && all.every((each) => each.state !== 'due' || each.attempts >= attempts);
  });
}

test('2xx is delivered, whatever its body does; all else is tried again, with the reason', async (t) => {
  const rooms = await withRooms(t, { limits: { deliveryTimeoutMs: 1_000, deliveryConcurrency: 128 } });
  const { receiver, paths } = await withAnswers(t);
  const pathOf = new Map<DestinationId, string>();
  for (const path of Object.keys(ANSWERS))
    pathOf.set((await rooms.destination(new URL(path, receiver.url).href)).id, path);
  rooms.delivery.start();
  await rooms.receive();
  await settled(rooms, 1);
  const all = await rooms.deliveries();
  assert.equal(all.length, Object.keys(ANSWERS).length);
  for (const { destination, state, attempts, lastStatus, lastReason, nextAttemptAtMs } of all) {
    const path = pathOf.get(destination) ?? '';
    assert.deepEqual([path, state, lastStatus, lastReason], [path, ...(ANSWERS[path] ?? [])]);
    assert.equal(attempts, 1);
    // One that says it is gone is paused by itself: nothing more is planned for it but a try.
    assert.equal(nextAttemptAtMs === null, state === 'delivered' || path === '/410');
    if (path === '/429') assert.ok((nextAttemptAtMs ?? 0) > Date.now() + 3_500_000);
  }
  assert.equal(paths.has('/redirected'), false);
  const rows = await asOwner(rooms, 'select number, status, reason, address from attempts');
  assert.equal(rows.length, all.length);
  assert.ok(rows.every((row) => row['number'] === 1));
});

test('after the last attempt a delivery is dead, says so in the log, and a replay begins anew', async (t) => {
  const rooms = await withRooms(t, { limits: { deliveryAttemptsMax: 3 } });
  const receiver = await withReceiver(t, (response, _request, index) => {
    response.statusCode = index < 3 ? 500 : 200;
    response.end();
  });
  await rooms.destination(receiver.url);
  rooms.delivery.start();
  const event = await rooms.receive();
  for (let attempt = 1; attempt <= 3; attempt++) {
    await settled(rooms, attempt);
    await makeDue(rooms);
  }
  const [dead] = await rooms.deliveries();
  assert.deepEqual(
    [dead?.state, dead?.attempts, dead?.nextAttemptAtMs, dead?.lastStatus],
    ['dead', 3, null, 500],
  );
  await rooms.audit.integrate();
  const entries = await rooms.audit.entries({
    environment: rooms.environment,
    limit: 10,
    action: 'delivery.dead',
  });
  assert.equal(entries.items.length, 1);
  assert.deepEqual(entries.items[0]?.entry.details['deliveries'], [[dead?.id, event, dead?.destination]]);
  const { environment } = rooms;
  await rooms.delivery.replay({ environment, event }, SYSTEM);
  await until(async () => (await rooms.deliveries()).some(({ state }) => state === 'delivered'));
  assert.deepEqual(
    (await rooms.deliveries()).map(({ state }) => state),
    ['dead', 'delivered'],
  );
  assert.equal(receiver.received.length, 4);
});

test('a replay goes to all active destinations, or to one', async (t) => {
  const rooms = await withRooms(t);
  const receivers = [await withReceiver(t), await withReceiver(t), await withReceiver(t)];
  const made = [];
  for (const { url } of receivers) made.push(await rooms.destination(url));
  rooms.delivery.start();
  const event = await rooms.receive();
  await Promise.all(receivers.map((receiver) => receiver.has(1)));
  const { environment } = rooms;
  const [first, second, third] = made;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const one = await rooms.delivery.replay({ environment, event, destination: second.id }, SYSTEM);
  assert.equal(one.deliveries.length, 1);
  await receivers[1]?.has(2);
  await rooms.delivery.destinations.change({ environment, destination: third.id, state: 'paused' }, SYSTEM);
  const all = await rooms.delivery.replay({ environment, event }, SYSTEM);
  assert.equal(all.deliveries.length, 2);
  await Promise.all([receivers[0]?.has(2), receivers[1]?.has(3)]);
  assert.equal(receivers[2]?.received.length, 1);
  const unknown = { environment, event: 'evt_00000000000000000000000000' as const };
  await assert.rejects(
    rooms.delivery.replay(unknown, SYSTEM),
    (error) => error instanceof Fault && error.code === 'EVENT_NOT_FOUND',
  );
});

test('a destination at a private address that nobody declared is refused at each try, and says why', async (t) => {
  const rooms = await withRooms(t);
  const receiver = await withReceiver(t);
  const { port } = new URL(receiver.url);
  const addresses = [
    `https://localhost:${port}/`,
    'https://10.0.0.1/',
    'https://[::1]:9/',
    'https://169.254.169.254/',
  ];
  for (const address of addresses) await rooms.destination(address);
  rooms.delivery.start();
  await rooms.receive();
  await settled(rooms, 1);
  await makeDue(rooms);
  await settled(rooms, 2);
  for (const { attempts, lastReason } of await rooms.deliveries())
    assert.deepEqual([attempts, lastReason], [2, 'OUTBOUND_ADDRESS_REFUSED']);
  assert.equal(receiver.received.length, 0);
});

test('a destination is an https:// address without a credential or a fragment', async (t) => {
  const rooms = await withRooms(t);
  const refused = [
    'http://example.com/',
    'https://u:p@example.com/',
    'https://example.com/#x',
    'ftp://example.com/',
    'example.com',
    'https://example.com./',
  ];
  for (const address of refused) {
    await assert.rejects(
      rooms.destination(address),
      (error) => error instanceof Fault && error.code === 'INVALID_REQUEST',
      address,
    );
  }
});

test('a name is taken once', async (t) => {
  const rooms = await withRooms(t);
  await rooms.destination('https://example.com/', 'application');
  await assert.rejects(
    rooms.destination('https://example.com/', 'application'),
    (error) => error instanceof Fault && error.code === 'CONFLICT',
  );
});

test('what waits for a paused destination goes when it is resumed, also on a node that does not know of it yet', async (t) => {
  const rooms = await withRooms(t, { limits: { keyCacheMs: 900 } });
  const other = await rooms.node();
  const [receiver, beside] = [await withReceiver(t), await withReceiver(t)];
  const { id: destination } = await rooms.destination(receiver.url);
  await rooms.destination(beside.url);
  const { environment } = rooms;
  rooms.delivery.start();
  other.delivery.start();
  await rooms.receive();
  await receiver.has(1);
  for (let round = 1; round <= 3; round++) {
    await rooms.delivery.destinations.change({ environment, destination, state: 'paused' }, SYSTEM);
    await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
    const received = receiver.received.length;
    await Promise.all(Array.from({ length: 5 }, () => rooms.receive()));
    await beside.has(received + 5); // The sender has looked, and more than once.
    await until(async () => (await rooms.deliveries()).filter(({ state }) => state === 'due').length === 5);
    const waiting = (await rooms.deliveries()).filter(({ state }) => state === 'due');
    assert.deepEqual(
      waiting.map(({ nextAttemptAtMs, attempts }) => [nextAttemptAtMs, attempts]),
      Array.from({ length: 5 }, () => [null, 0]),
    );
    assert.equal(receiver.received.length, received);
    await rooms.delivery.destinations.change({ environment, destination, state: 'active' }, SYSTEM);
    await receiver.has(received + 5);
  }
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  assert.equal(new Set(receiver.received.map(({ id }) => id)).size, 16);
  assert.equal(receiver.received.length, 16);
});

test('a destination moved elsewhere gets its retries there', async (t) => {
  const rooms = await withRooms(t);
  const [from, to] = [
    await withReceiver(t, (response) => void response.writeHead(500).end()),
    await withReceiver(t),
  ];
  const { id: destination } = await rooms.destination(from.url);
  rooms.delivery.start();
  const event = await rooms.receive();
  await settled(rooms, 1);
  await rooms.delivery.destinations.change(
    { environment: rooms.environment, destination, url: to.url },
    SYSTEM,
  );
  await makeDue(rooms);
  await to.has(1);
  assert.equal(to.received[0]?.id, event);
});

test('an environment has so many destinations and no more: each multiplies what a webhook costs', async (t) => {
  const { environment, delivery } = await withRooms(t, { limits: { destinationsMax: 3 } });
  const made = (await delivery.destinations.list({ environment, limit: 10 })).items.length;
  const create = (name: string) =>
    delivery.destinations.create({ environment, name, url: 'https://127.0.0.1:9/x' }, SYSTEM);
  for (let at = made; at < 3; at++) await create(`filler-${at}`);
  await assert.rejects(create('one more'), { code: 'CONFLICT' });
});
