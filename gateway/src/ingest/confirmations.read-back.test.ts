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
    knows: async () => true,
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
    knows: async () => true,
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

test('L11 a platform that was away and then says no is asked as often as one that said no at once', async (t) => {
  let ahead = 0;
  const clock = { now: () => systemClock.now() + ahead, monotonic: () => systemClock.monotonic() };
  let away = 6;
  const { asked, readBack } = platform(() => (away-- > 0 ? 0 : asked.length < 10 ? 404 : { id: 'a' }));
  const { events, fanOut, first } = fanned();
  const limits = { ...LIMITS, confirmForSeconds: 2_592_000, confirmLeaseMs: 600_000 };
  const one = await withIngest(t, { limits, readBack, fanOut, clock });
  const { environment, endpoint, ingest } = one;
  const confirm = { connection, path: '/o/{id}', compare: [], expect: [] };
  await ingest.endpoints.change({ environment, endpoint: endpoint.id, confirm }, SYSTEM);
  const { event } = await kept(ingest, signed(eventBody('a'), { endpoint: endpoint.id }));
  const state = await until(async () => {
    ahead += 20_000;
    const { state } = await ingest.events.get({ environment, event });
    return state === 'unconfirmed' ? null : state;
  });
  assert.deepEqual([state, asked.length], ['accepted', 10]);
  await first;
  assert.equal(events.length, 1);
});

test('unsigned notices about the same state are delivered once, about another state again', async (t) => {
  let status = 'paid';
  const { readBack } = platform((target) => (target.endsWith('tr_1') ? { id: 'tr_1', status } : 404));
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
  // What else it says nobody vouches for: it makes no other notice of it.
  assert.equal(await settled((await notice('id=tr_1&more=1')).event), 'discarded duplicate');
  assert.equal(events.length, 2);
});

test('L12 what nobody signed and nobody can be asked about is refused and not kept, whatever it is', async (t) => {
  const { asked, readBack } = platform(() => 0);
  const one = await withIngest(t, { limits: LIMITS, readBack });
  const { environment, ingest } = one;
  const { id: endpoint } = await ingest.endpoints.create(
    {
      environment,
      platform: 'unsigned',
      name: 'mollie',
      confirm: { connection, path: '/v2/payments/{id}', compare: [], expect: [] },
      schemas: { '*': { type: 'object', properties: { id: { type: 'string', maxLength: 8 } } } },
    },
    SYSTEM,
  );
  const notice = (text: string) =>
    ingest.receive({ endpoint, address: '192.0.2.1', rawHeaders: [], body: utf8(text) });
  const astray = [
    'id=..%2Fx',
    'id=tr_1%3Fa%3D1',
    'id=tr_1&id=tr_2',
    'id=tr%201',
    'other=1',
    'id=a%2Fb',
    '',
    '{}',
  ];
  const sent = [...astray, '{"id":"too-long-to-be-one"}'].map(notice);
  for (const result of await Promise.allSettled(sent))
    assert.ok(
      result.status === 'rejected' &&
        result.reason instanceof Fault &&
        result.reason.code === 'WEBHOOK_REFUSED',
    );
  assert.deepEqual((await ingest.events.list({ environment, limit: 5 })).items, []);
  assert.deepEqual(asked, []);
  const reasons = (await logged(one, environment, 'webhook.refused')).map(({ details }) => details['reason']);
  assert.deepEqual(new Set(reasons), new Set(['unreadable', 'schema']));
  const { bodyBytesMax } = await ingest.expect({ endpoint, address: '192.0.2.1' });
  assert.equal(bodyBytesMax, one.limits.unsignedBodyBytesMax);
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
  // At the same moment, too: looking first and storing then would let all of them in.
  const flood = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => notice(`${at}`)));
  const isBusy = (thrown: unknown) => thrown instanceof Fault && thrown.code === 'BUSY';
  assert.ok(flood.every((one) => one.status === 'fulfilled' || isBusy(one.reason)));
  const { items } = await ingest.events.list({ environment, limit: 20 });
  assert.ok(items.length >= 1 && items.length <= 2, `${items.length} wait`);
  while ((await ingest.events.list({ environment, limit: 20 })).items.length < 2) await notice('later');
  await assert.rejects(notice('3'), isBusy);
  const other = await ingest.endpoints.create(
    { environment, platform: 'koywe', name: 'signed', secret: Secret.fromText(SECRET) },
    SYSTEM,
  );
  await ingest.receive(signed(eventBody('a'), { endpoint: other.id }));
});
