// What nobody signed, or too weakly, is asked about at the platform before it goes on: what the platform confirms is delivered
// once, what it denies is held for a person, and while it is away nothing is lost and nothing goes on. K7 L11; traps "Authentic
// is not correct" and "Never check-then-insert".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConnectionId,
  type EventId,
  type FannedEvent,
  type FanOut,
  Fault,
  newId,
  type ReadBack,
  Secret,
  SYSTEM,
  systemClock,
  utf8,
} from '#base';
import { eventBody, kept, logged, rowsOf, SECRET, signed, withIngest } from './ingest.fixture.ts';

const connection: ConnectionId = newId('connection', systemClock);
const LIMITS = { confirmPollMs: 50 };

/** A platform whose answers a test writes; each target that was asked for is kept. */
function platform(answer: (target: string) => object | number) {
  const asked: string[] = [];
  const readBack: ReadBack = {
    async read({ target }) {
      asked.push(target);
      const given = answer(target);
      if (given === 0) throw new Fault('OUTBOUND_CONNECT_FAILED');
      if (typeof given === 'number') return { status: given, body: utf8('') };
      return { status: 200, body: utf8(JSON.stringify(given)) };
    },
  };
  return { asked, readBack };
}

function fanned(): { events: FannedEvent[]; fanOut: FanOut; first: Promise<void> } {
  const events: FannedEvent[] = [];
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const fanOut: FanOut = {
    inTransaction: async (_tx, _environment, some) => void events.push(...some),
    announce: () => events.length > 0 && resolve(),
  };
  return { events, fanOut, first };
}

async function until<T>(find: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await find();
    if (found !== null) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('K7 a signed event waits for the platform, and goes on byte for byte when the platform agrees', async (t) => {
  const { asked, readBack } = platform(() => ({ status: 'COMPLETED', id: 'a' }));
  const { events, fanOut, first } = fanned();
  const one = await withIngest(t, { limits: LIMITS, readBack, fanOut });
  const { environment, endpoint, ingest } = one;
  const confirm = {
    connection,
    path: '/api/v1/orders/{data.orderId}',
    compare: [{ event: ['id'], answer: ['id'] }],
    expect: [{ types: 'order.paid', path: ['status'], oneOf: ['PAID', 'COMPLETED'] }],
  };
  await ingest.endpoints.change({ environment, endpoint: endpoint.id, confirm }, SYSTEM);
  const { event } = await kept(ingest, signed(eventBody('a'), { endpoint: endpoint.id }));
  await first;
  assert.deepEqual(asked, ['/api/v1/orders/a']);
  assert.deepEqual(
    events.map(({ id, type, body }) => [id, type, Buffer.from(body).toString()]),
    [[event, 'order.paid', eventBody('a')]],
  );
  assert.equal((await ingest.events.get({ environment, event })).state, 'accepted');
  assert.deepEqual(await rowsOf(one.url, environment, 'select from event_confirmations'), []);
  assert.equal((await logged(one, environment, 'event.confirmed'))[0]?.resource, `event:${event}`);
});

test('while the platform is away an event is held, delivered by no path, and a person may decide', async (t) => {
  const { readBack } = platform(() => 0);
  const { events, fanOut } = fanned();
  const one = await withIngest(t, { limits: LIMITS, readBack, fanOut });
  const { environment, endpoint, ingest, url } = one;
  const confirm = { connection, path: '/o/{id}', compare: [], expect: [] };
  await ingest.endpoints.change({ environment, endpoint: endpoint.id, confirm }, SYSTEM);
  const { event } = await kept(ingest, signed(eventBody('a'), { endpoint: endpoint.id }));
  await until(async () => {
    const text = `select last_reason from event_confirmations where last_reason is not null`;
    return (await rowsOf(url, environment, text))[0]?.['last_reason'] ?? null;
  });
  assert.equal((await ingest.events.get({ environment, event })).state, 'unconfirmed');
  assert.equal((await ingest.read(environment, [event])).size, 0);
  assert.deepEqual(events, []);
  const released = await ingest.events.release({ environment, event }, SYSTEM);
  assert.equal(released.state, 'accepted');
  assert.deepEqual(
    events.map(({ id }) => id),
    [event],
  );
});

test('what a person decided while the platform was asked stays decided, and nothing is delivered twice', async (t) => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const readBack: ReadBack = {
    async read() {
      asked.resolve();
      await answer.promise;
      return { status: 200, body: utf8('{}') };
    },
  };
  const { events, fanOut } = fanned();
  const one = await withIngest(t, { limits: LIMITS, readBack, fanOut });
  const { environment, endpoint, ingest, url } = one;
  const confirm = { connection, path: '/o/{id}', compare: [], expect: [] };
  await ingest.endpoints.change({ environment, endpoint: endpoint.id, confirm }, SYSTEM);
  const { event } = await kept(ingest, signed(eventBody('a'), { endpoint: endpoint.id }));
  await asked.promise;
  await ingest.events.discard({ environment, event }, SYSTEM);
  answer.resolve();
  await until(async () => {
    const waiting = await rowsOf(url, environment, 'select from event_confirmations');
    return waiting.length === 0 ? true : null;
  });
  assert.equal((await ingest.events.get({ environment, event })).state, 'discarded');
  assert.deepEqual(events, []);
});

test('L11 what the platform denies again and again is quarantined with the rule that it broke, and never delivered', async (t) => {
  let ahead = 0;
  const clock = { now: () => systemClock.now() + ahead, monotonic: () => systemClock.monotonic() };
  const { asked, readBack } = platform(() => ({ amount: 1 }));
  const { events, fanOut } = fanned();
  const one = await withIngest(t, { limits: LIMITS, readBack, fanOut, clock });
  const { environment, endpoint, ingest } = one;
  const confirm = {
    connection,
    path: '/o/{id}',
    compare: [],
    expect: [{ types: '*', path: ['amount'], min: 2_000 }],
  };
  await ingest.endpoints.change({ environment, endpoint: endpoint.id, confirm }, SYSTEM);
  const { event } = await kept(ingest, signed(eventBody('a'), { endpoint: endpoint.id }));
  const view = await until(async () => {
    ahead += 60_000;
    const now = await ingest.events.get({ environment, event });
    return now.state === 'quarantined' ? now : null;
  });
  assert.deepEqual([view.reason, view.detail], ['differs', 'confirm.expect[0]']);
  assert.ok(asked.length >= 4);
  assert.deepEqual(events, []);
});

test('unsigned notices about the same state are delivered once, about another state again, and lead nowhere else', async (t) => {
  let status = 'paid';
  const { asked, readBack } = platform((target) => (target.endsWith('tr_1') ? { id: 'tr_1', status } : 404));
  const { events, fanOut } = fanned();
  const one = await withIngest(t, { limits: LIMITS, readBack, fanOut });
  const { environment, ingest } = one;
  const made = { environment, platform: 'unsigned', name: 'mollie' };
  await assert.rejects(ingest.endpoints.create(made, SYSTEM), (thrown: unknown) => {
    return thrown instanceof Fault && thrown.fields[0]?.path === 'body.confirm';
  });
  const confirm = { connection, path: '/v2/payments/{id}', compare: [], expect: [] };
  const { id: endpoint } = await ingest.endpoints.create({ ...made, confirm }, SYSTEM);
  const notice = (text: string) =>
    kept(ingest, { endpoint, address: '192.0.2.1', rawHeaders: [], body: utf8(text) });
  const settled = (event: EventId) =>
    until(async () => {
      const { state, reason } = await ingest.events.get({ environment, event });
      return state === 'unconfirmed' ? null : `${state} ${reason ?? ''}`.trim();
    });
  const first = await notice('id=tr_1');
  assert.equal(await settled(first.event), 'accepted');
  assert.equal(await settled((await notice('id=tr_1')).event), 'discarded duplicate');
  status = 'refunded';
  assert.equal(await settled((await notice('id=tr_1')).event), 'accepted');
  assert.equal(events.length, 2);
  const before = asked.length;
  for (const text of ['id=..%2Fx', 'id=tr_1%3Fa%3D1', 'id=tr_1&id=tr_2', 'id=tr%201', 'other=1', 'id=a%2Fb'])
    assert.equal(await settled((await notice(text)).event), 'quarantined unreadable', text);
  assert.equal(asked.length, before);
});

test('of one endpoint without signatures only so many wait; then the sender is told to come back', async (t) => {
  const { readBack } = platform(() => 0);
  const one = await withIngest(t, { limits: { ...LIMITS, confirmPendingItemsMax: 2 }, readBack });
  const { environment, ingest } = one;
  const confirm = { connection, path: '/v2/payments/{id}', compare: [], expect: [] };
  const made = { environment, platform: 'unsigned', name: 'mollie', confirm };
  const { id: endpoint } = await ingest.endpoints.create(made, SYSTEM);
  const notice = (id: string) =>
    ingest.receive({ endpoint, address: '192.0.2.1', rawHeaders: [], body: utf8(`id=${id}`) });
  await notice('1');
  await notice('2');
  await assert.rejects(notice('3'), (thrown: unknown) => thrown instanceof Fault && thrown.code === 'BUSY');
  const other = await ingest.endpoints.create(
    { environment, platform: 'koywe', name: 'signed', secret: Secret.fromText(SECRET) },
    SYSTEM,
  );
  await ingest.receive(signed(eventBody('a'), { endpoint: other.id }));
});
