// The same signed content is one event, however it arrives: again, at once, in one batch, at two nodes. What tells is
// signed content alone. K9 U11; traps "Deduplicate after verifying, by a unique constraint in the insert", "Delivery ids in
// headers are often not signed".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret, SYSTEM } from '#base';
import { environmentOf, eventBody, kept, logged, rowsOf, signed, withIngest } from './ingest.fixture.ts';

test('K9 the same webhook again gets the id of the first event, and is stored and logged once', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, url, ingest } = one;
  const webhook = signed(eventBody('a'), { endpoint: endpoint.id });
  const first = await kept(ingest, webhook);
  for (let times = 0; times < 3; times += 1) {
    assert.deepEqual(await kept(ingest, webhook), { event: first.event, duplicate: true });
  }
  // Another body under the id that was signed before is the same event of the platform.
  const other = signed(eventBody('a', ',"more":1'), { endpoint: endpoint.id });
  assert.deepEqual(await kept(ingest, other), { event: first.event, duplicate: true });
  assert.equal((await rowsOf(url, environment, 'select from events')).length, 1);
  assert.equal((await logged(one, environment, 'event.stored')).length, 1);
});

test('K9 many at once, in one batch, across batches and across two nodes, are one event', async (t) => {
  const one = await withIngest(t, { limits: { webhookBatchItemsMax: 5 } });
  const { environment, endpoint } = one;
  const other = await one.node();
  for (let round = 0; round < 5; round += 1) {
    const bodies = Array.from({ length: 6 }, (_, at) => eventBody(`${round}-${at}`));
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        const body = bodies[at % bodies.length] ?? '';
        const node = at % 3 === 0 ? other : one;
        return { body, ...(await kept(node.ingest, signed(body, { endpoint: endpoint.id }))) };
      }),
    );
    for (const [body, same] of Map.groupBy(answers, (answer) => answer.body)) {
      assert.equal(new Set(same.map(({ event }) => event)).size, 1, body);
      assert.equal(same.filter(({ duplicate }) => !duplicate).length, 1, body);
    }
  }
  const { items } = await one.ingest.events.list({ environment, limit: 100 });
  assert.equal(items.length, 30);
  const named = (await logged(one, environment, 'event.stored')).flatMap(({ details }) =>
    (details['events'] as unknown as [string][]).map(([id]) => id),
  );
  assert.deepEqual(named.toSorted(), items.map(({ id }) => id).toSorted());
});

test('K9 nothing that is not signed tells duplicates, neither to join nor to part them', async (t) => {
  const { endpoint, ingest } = await withIngest(t);
  const ids = ['webhook-id', 'a', 'Idempotency-Key', 'a', 'X-Request-Id', 'a'];
  const others = ['webhook-id', 'b', 'Idempotency-Key', 'b'];
  const first = await kept(ingest, signed(eventBody('1'), { endpoint: endpoint.id, headers: ids }));
  const second = await kept(ingest, signed(eventBody('2'), { endpoint: endpoint.id, headers: ids }));
  assert.notEqual(first.event, second.event);
  const again = await kept(ingest, signed(eventBody('1'), { endpoint: endpoint.id, headers: others }));
  assert.deepEqual(again, { event: first.event, duplicate: true });
});

test('K9 bodies without a usable id are told apart by their bytes', async (t) => {
  const { endpoint, ingest } = await withIngest(t);
  const bodies = [
    '{"id":1}',
    '{"id":1.0}',
    '{"id":"\\ud800"}',
    '{"id":"\\ud801"}',
    '{"id":"x","id":"y"}',
    '',
    '{}',
    ' {}',
  ];
  const events = new Set<string>();
  for (const body of bodies) {
    const { event, duplicate } = await kept(ingest, signed(body, { endpoint: endpoint.id }));
    assert.equal(duplicate, false, body);
    assert.deepEqual(await kept(ingest, signed(body, { endpoint: endpoint.id })), {
      event,
      duplicate: true,
    });
    events.add(event);
  }
  assert.equal(events.size, bodies.length);
});

test('K9 K3 the same content at another endpoint or in another environment is another event', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, ingest } = one;
  const create = (given: { environment: typeof environment; name: string }) =>
    ingest.endpoints.create(
      { ...given, platform: 'koywe', secret: Secret.fromText('another-secret-0123456789') },
      SYSTEM,
    );
  const second = await create({ environment, name: 'second' });
  const elsewhere = await create({ environment: await environmentOf(one, 'other'), name: 'koywe' });
  const events = new Set<string>();
  for (const { id } of [second, elsewhere]) {
    const secret = 'another-secret-0123456789';
    events.add((await kept(ingest, signed(eventBody('a'), { endpoint: id, secret }))).event);
  }
  events.add((await kept(ingest, signed(eventBody('a'), { endpoint: endpoint.id }))).event);
  assert.equal(events.size, 3);
});
