// An event always finds the partition of its month: those of last month, this one and the next two are there from the
// start, made once however many nodes start, and kept ahead of the clock. Traps "Delivering"; scale: tables by time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '#base';
import { eventBody, rowsOf, signed, withIngest } from './ingest.fixture.ts';
import { ensurePartitions } from './partitions.ts';

const at = (text: string): { clock: Clock; set: (to: string) => void } => {
  let now = Date.parse(text);
  return {
    clock: { now: () => now, monotonic: () => systemClock.monotonic() },
    set: (to) => {
      now = Date.parse(to);
    },
  };
};
const PARTITIONS = `select inhrelid::regclass::text as name from pg_inherits
  where inhparent = 'sallyport.events'::regclass order by 1`;

test('events at the border of months and of years lie in the partitions of their months', async (t) => {
  const time = at('2031-12-31T23:59:59.999Z');
  const { environment, endpoint, ingest, url } = await withIngest(t, { clock: time.clock });
  const before = await ingest.receive(signed(eventBody('a'), { endpoint: endpoint.id }));
  time.set('2032-01-01T00:00:00.000Z');
  const after = await ingest.receive(signed(eventBody('b'), { endpoint: endpoint.id }));
  time.set('2032-02-29T23:59:59.999Z');
  const leap = await ingest.receive(signed(eventBody('c'), { endpoint: endpoint.id }));
  const rows = await rowsOf(
    url,
    environment,
    'select id, tableoid::regclass::text as name from sallyport.events',
  );
  assert.deepEqual(
    new Map(rows.map(({ id, name }) => [id, String(name).replace('sallyport.', '')])),
    new Map([
      [before.event, 'events_203112'],
      [after.event, 'events_203201'],
      [leap.event, 'events_203202'],
    ]),
  );
  const { items } = await ingest.events.list({ environment, limit: 10 });
  assert.deepEqual(
    items.map(({ id }) => id),
    [leap.event, after.event, before.event],
  );
});

test('four months are there after the start, and made once by nodes that start together', async (t) => {
  const { clock } = at('2041-05-31T12:00:00Z');
  const { environment, store, url } = await withIngest(t);
  const made = await Promise.all(Array.from({ length: 6 }, () => ensurePartitions({ store, clock })));
  assert.equal(
    made.reduce((sum, count) => sum + count, 0),
    4,
  );
  const names = (await rowsOf(url, environment, PARTITIONS)).map(({ name }) => String(name));
  assert.deepEqual(
    names.map((name) => name.slice(-6)).filter((label) => label.startsWith('2041')),
    ['204104', '204105', '204106', '204107'],
  );
});

test('a month that has no partition yet refuses its events without storing half of them, until it has one', async (t) => {
  const time = at('2051-01-15T00:00:00Z');
  const { environment, endpoint, ingest, store, url } = await withIngest(t, { clock: time.clock });
  time.set('2051-09-15T00:00:00Z');
  const webhook = signed(eventBody('late'), { endpoint: endpoint.id });
  await assert.rejects(ingest.receive(webhook));
  assert.equal((await rowsOf(url, environment, 'select from event_keys')).length, 0);
  await ensurePartitions({ store, clock: time.clock });
  assert.equal((await ingest.receive(webhook)).duplicate, false);
});
