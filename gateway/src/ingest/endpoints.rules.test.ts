// What an endpoint's settings say holds from the next webhook on: wanted types alone are kept, what breaks a rule is held and
// seen and never delivered by itself, old secrets go on until they end, and everything is counted. K7 K9 K11 U10 L12 Q10; traps "401 in
// flight during a rotation" and "Authentic is not correct".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Clock,
  type FannedEvent,
  type FanOut,
  Fault,
  type FaultCode,
  Secret,
  SYSTEM,
  systemClock,
} from '#base';
import { eventBody, kept, logged, rowsOf, SECRET, signed, withIngest } from './ingest.fixture.ts';

const DAY_MS = 86_400_000;
const NEW_SECRET = 'the-next-secret-of-the-endpoint-01';
const is = (code: FaultCode) => (thrown: unknown) => thrown instanceof Fault && thrown.code === code;

test('K7 L12 settings of an endpoint', async (t) => {
  let ahead = 0;
  const clock: Clock = {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
  };
  const fanned: FannedEvent[] = [];
  const fanOut: FanOut = {
    inTransaction: async (_tx, _in, some) => void fanned.push(...some),
    announce: () => undefined,
  };
  const one = await withIngest(t, { clock, fanOut });
  const { environment, ingest, url } = one;
  const create = async (more: object = {}) => {
    const made = { environment, platform: 'koywe', name: `e${Math.random().toString(36).slice(2)}`, ...more };
    return (await ingest.endpoints.create({ ...made, secret: Secret.fromText(SECRET) }, SYSTEM)).id;
  };
  const countsOf = async (endpoint: Parameters<typeof ingest.counts.list>[0]['endpoint']) =>
    (await ingest.counts.list({ environment, endpoint, sinceMs: clock.now() })).map(
      ({ outcome, reason, webhooks }) => `${webhooks} ${outcome}${reason === null ? '' : ` ${reason}`}`,
    );

  await t.test('types that nobody wants are answered well, counted, and not kept', async () => {
    const endpoint = await create({ eventTypes: ['order.completed', 'contact.*'] });
    assert.equal((await ingest.receive(signed(eventBody('a'), { endpoint }))).event, null);
    const wanted = '{"id":"c","type":"contact.created","data":{}}';
    const { event } = await kept(ingest, signed(wanted, { endpoint }));
    await kept(ingest, signed(wanted, { endpoint }));
    await ingest.receive(signed(wanted, { endpoint, secret: NEW_SECRET })).catch(() => undefined);
    const { items } = await ingest.events.list({ environment, limit: 10, endpoint });
    assert.deepEqual(
      items.map(({ id }) => id),
      [event],
    );
    assert.deepEqual(await countsOf(endpoint), [
      '1 accepted',
      '1 duplicate',
      '1 filtered',
      '1 refused signature-mismatch',
    ]);
  });

  await t.test(
    'K9 what breaks a rule is held: seen with the rule, delivered by no path, released or discarded once',
    async () => {
      fanned.length = 0;
      const endpoint = await create({
        schemas: { 'order.*': { properties: { data: { required: ['amount'] } } } },
        expectations: [{ types: '*', path: ['data', 'amount'], min: 2_000 }],
      });
      const body = (id: string, data: string) =>
        `{"id":"${id}","type":"order.paid","data":{"orderId":"o"${data}}}`;
      const send = (id: string, data: string) => kept(ingest, signed(body(id, data), { endpoint }));
      const right = await send('1', ',"amount":2000');
      const without = await send('2', '');
      const little = await send('3', ',"amount":1');
      const nothing = await kept(ingest, signed('not json', { endpoint }));
      assert.deepEqual(
        fanned.map(({ id }) => id),
        [right.event],
      );
      const held = await ingest.events.list({ environment, limit: 10, endpoint, state: 'quarantined' });
      assert.deepEqual(
        held.items.map(({ id, reason, detail }) => [id, reason, detail]),
        [
          [nothing.event, 'unreadable', null],
          [little.event, 'expectation', 'expectations[0]'],
          [without.event, 'schema', 'order.* #/properties/data/required'],
        ],
      );
      assert.equal((await ingest.read(environment, [without.event, little.event])).size, 0);
      assert.deepEqual(await send('2', ''), { event: without.event, duplicate: true });

      const target = { environment, event: without.event };
      const both = await Promise.allSettled([
        ingest.events.release(target, SYSTEM),
        ingest.events.discard(target, SYSTEM),
      ]);
      assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.equal(
        (await ingest.events.discard({ environment, event: little.event }, SYSTEM)).state,
        'discarded',
      );
      await assert.rejects(
        ingest.events.release({ environment, event: little.event }, SYSTEM),
        is('EVENT_NOT_HELD'),
      );
      await assert.rejects(
        ingest.events.release({ environment, event: right.event }, SYSTEM),
        is('EVENT_NOT_HELD'),
      );
      const released = await ingest.events.release({ environment, event: nothing.event }, SYSTEM);
      assert.deepEqual([released.state, released.reason], ['accepted', 'unreadable']);
      assert.equal(fanned.filter(({ id }) => id === nothing.event).length, 1);
      assert.equal(
        (await logged(one, environment, 'event.released')).some(
          ({ resource }) => resource === `event:${nothing.event}`,
        ),
        true,
      );
      const entries = await logged(one, environment, 'event.held');
      assert.ok(entries.some(({ details }) => JSON.stringify(details).includes(without.event)));
    },
  );

  await t.test(
    'K11 U10 an old secret goes on until it ends; which one verified is known, and none in use is retired',
    async () => {
      const endpoint = await create();
      const target = { environment, endpoint };
      const [old] = await ingest.secrets.list(target);
      assert.ok(old !== undefined);
      await assert.rejects(ingest.secrets.retire({ ...target, secret: old.id }, SYSTEM), is('CONFLICT'));
      const made = await ingest.secrets.add(
        { ...target, secret: Secret.fromText(NEW_SECRET), overlapSeconds: 3_600 },
        SYSTEM,
      );
      await kept(ingest, signed(eventBody('old'), { endpoint }));
      await kept(ingest, signed(eventBody('new'), { endpoint, secret: NEW_SECRET }));
      const [first, second] = await ingest.secrets.list(target);
      assert.deepEqual([first?.id, first?.uses, first?.endsAtMs], [made.id, 1, null]);
      assert.deepEqual([second?.id, second?.uses], [old.id, 1]);
      assert.ok(second?.endsAtMs !== null && !JSON.stringify([first, second]).includes(SECRET));
      await assert.rejects(ingest.secrets.retire({ ...target, secret: old.id }, SYSTEM), is('SECRET_IN_USE'));
      ahead += 3_601_000;
      await assert.rejects(ingest.receive(signed(eventBody('late'), { endpoint })), is('WEBHOOK_REFUSED'));
      await kept(ingest, signed(eventBody('new-2'), { endpoint, secret: NEW_SECRET }));
      assert.deepEqual(
        (await ingest.secrets.list(target)).map(({ id }) => id),
        [made.id],
      );

      const next = await ingest.secrets.add({ ...target, secret: Secret.fromText(SECRET) }, SYSTEM);
      await ingest.secrets.retire({ ...target, secret: made.id, force: true }, SYSTEM);
      await assert.rejects(
        ingest.receive(signed(eventBody('x'), { endpoint, secret: NEW_SECRET })),
        is('WEBHOOK_REFUSED'),
      );
      assert.deepEqual(
        (await ingest.secrets.list(target)).map(({ id }) => id),
        [next.id],
      );
      for (let more = 0; more < 3; more++)
        await ingest.secrets.add({ ...target, secret: Secret.fromText(SECRET) }, SYSTEM);
      await assert.rejects(
        ingest.secrets.add({ ...target, secret: Secret.fromText(SECRET) }, SYSTEM),
        is('CONFLICT'),
      );
      const tooLong = { ...target, secret: Secret.fromText(SECRET), overlapSeconds: 10 ** 9 };
      await assert.rejects(ingest.secrets.add(tooLong, SYSTEM), is('INVALID_REQUEST'));
    },
  );

  await t.test('headers are kept by allowlist alone, credentials never', async () => {
    const endpoint = await create({ keepHeaders: ['X-Koywe-Trace'] });
    const headers = [
      'X-Koywe-Trace',
      't1',
      'X-Other',
      'no',
      'Authorization',
      'Bearer cnry',
      'Cookie',
      'a=b',
      'User-Agent',
      'Koywe/1',
    ];
    const { event } = await kept(ingest, signed(eventBody('h'), { endpoint, headers }));
    const stored = (await ingest.read(environment, [event])).get(event);
    assert.deepEqual(
      stored?.headers.map(([name]) => name),
      ['x-koywe-trace', 'user-agent', 'koywe-signature'],
    );
    const refused = { environment, endpoint, keepHeaders: ['Authorization'] };
    await assert.rejects(
      ingest.endpoints.change({ ...refused, schemas: { '*': { $ref: 'x' } } }, SYSTEM),
      is('INVALID_REQUEST'),
    );
  });

  await t.test('events are listed by state, platform, type, endpoint and time', async () => {
    const endpoint = await create();
    const first = await kept(ingest, signed(eventBody('t1'), { endpoint }));
    ahead += DAY_MS;
    const second = await kept(ingest, signed(eventBody('t2'), { endpoint }));
    const list = async (more: object) =>
      (await ingest.events.list({ environment, endpoint, limit: 10, ...more })).items.map(({ id }) => id);
    const between = clock.now() - DAY_MS / 2;
    assert.deepEqual(await list({}), [second.event, first.event]);
    assert.deepEqual(await list({ fromMs: between }), [second.event]);
    assert.deepEqual(await list({ toMs: between }), [first.event]);
    assert.deepEqual(await list({ toMs: between, after: second.event }), [first.event]);
    assert.deepEqual(await list({ platform: 'koywe', type: 'order.paid', state: 'accepted' }), [
      second.event,
      first.event,
    ]);
    for (const none of [
      { platform: 'stripe' },
      { type: 'x' },
      { state: 'discarded' },
      { state: 'unconfirmed', type: 'x' },
    ])
      assert.deepEqual(await list(none), []);
  });

  await t.test('L8 counts are forgotten after endpointCountsKeptSeconds', async () => {
    await ingest.counts.flush();
    assert.ok((await rowsOf(url, environment, 'select from endpoint_counts')).length > 0);
    ahead += (one.limits.endpointCountsKeptSeconds + 86_400) * 1_000;
    assert.ok((await ingest.counts.sweep()) > 0);
    assert.deepEqual(await rowsOf(url, environment, 'select from endpoint_counts'), []);
  });
});
