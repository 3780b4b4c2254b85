// A month of events is dropped when its time is over, with its duplicate keys, and no sooner; its loss stands in the log before.
// Whoever reads it is let alone, and nobody who stores events has to wait for it. Traps "Delivering" (duplicates are kept out
// for as long as the event is kept); invariants 1 and 7; K7 L8.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, INSTALLATION, limitsWith, silentLog, systemClock } from '#base';
import { asOwner, eventBody, logged, rowsOf, signed, type TestIngest, withIngest } from './ingest.fixture.ts';
import { ensurePartitions } from './partitions.ts';
import { retireEvents } from './retention.ts';

const DAY_MS = 86_400_000;
const MONTHS = `select relname::text as name, relispartition as attached from pg_class
  where relname ~ '^events_[0-9]{6}$' order by 1`;

/** Long past for the database as well, which has its own clock. */
const OLD = Date.parse('2023-01-31T23:59:59.999Z');
const limits = limitsWith({ eventsKeptDays: 35, retentionLockMs: 50, retentionRetryMs: 10 });

async function withOldEvents(t: Parameters<typeof withIngest>[0]) {
  let now = OLD;
  const clock: Clock = { now: () => now, monotonic: () => systemClock.monotonic() };
  const set = (to: number): void => {
    now = to;
  };
  const rooms = await withIngest(t, { clock, limits });
  const receive = (id: string) =>
    rooms.ingest.receive(signed(eventBody(id), { endpoint: rooms.endpoint.id }));
  const old = await receive('old');
  set(OLD + 1);
  const later = await receive('later');
  const ports = { ...rooms, limits, clock, log: silentLog };
  return { rooms, receive, set, old, later, retire: (signal?: AbortSignal) => retireEvents(ports, signal) };
}

const months = async ({ url, environment }: TestIngest): Promise<string[]> =>
  (await rowsOf(url, environment, MONTHS)).map(({ name }) => String(name).slice('events_'.length));
const keys = async ({ url, environment }: TestIngest): Promise<number> =>
  (await rowsOf(url, environment, 'select from event_keys')).length;

test('a month is dropped 35 days after its end with its keys, not a moment before, and its loss is in the log first', async (t) => {
  const { rooms, receive, set, old, later, retire } = await withOldEvents(t);
  assert.ok((await months(rooms)).includes('202301'));
  set(Date.parse('2023-02-01T00:00:00Z') + 35 * DAY_MS - 1);
  await retire();
  assert.ok((await months(rooms)).includes('202301'));
  assert.deepEqual(await receive('old'), { event: old.event, duplicate: true });
  assert.deepEqual(await logged(rooms, rooms.environment, 'retention.begun'), []);

  set(Date.parse('2023-02-01T00:00:00Z') + 35 * DAY_MS);
  assert.equal(await retire(), 1);
  assert.ok(!(await months(rooms)).includes('202301'));
  assert.equal(await keys(rooms), 1);
  const { items } = await rooms.ingest.events.list({ environment: rooms.environment, limit: 10 });
  assert.deepEqual(
    items.map(({ id }) => id),
    [later.event],
  );
  // What is kept is kept out; what is not kept any longer comes in as new.
  assert.deepEqual(await receive('later'), { event: later.event, duplicate: true });
  assert.equal((await receive('old')).duplicate, false);
  const [begun] = await logged(rooms, rooms.environment, 'retention.begun');
  assert.equal(begun?.outcome, 'intent');
  assert.deepEqual(begun?.details, { table: 'events', month: '202301', keptDays: 35, rows: 1 });
  const ended = await logged(rooms, INSTALLATION, 'retention.ended');
  assert.deepEqual(
    ended.map(({ resource }) => resource),
    ['month:events_202212', 'month:events_202301'],
  );
});

test('whoever reads the month keeps it for the time being, and events are stored meanwhile without waiting', async (t) => {
  const { rooms, receive, set, retire } = await withOldEvents(t);
  set(Date.parse('2023-03-31T00:00:00Z'));
  await asOwner(rooms.url, async (reader) => {
    await reader.query('begin');
    await reader.query('select count(*) from events');
    // Every further query of events would stand behind a drop that waits for the reader, who is in no hurry.
    const retiring = retire();
    let stored = 0;
    let isOver = false;
    void retiring.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      stored += (await receive(`meanwhile ${stored}`)).duplicate ? 0 : 1;
      const { rows } = await reader.query(`select 1 from pg_locks
        where relation = 'events'::regclass and mode = 'AccessExclusiveLock' and not granted`);
      assert.equal(rows.length, 0, 'the drop stands in the queue while somebody reads');
    }
    assert.equal(await retiring, 0);
    assert.ok(stored > 0);
    assert.ok((await months(rooms)).includes('202301'));
    await reader.query('rollback');
  });
  assert.equal(await retire(), 2);
  assert.ok(!(await months(rooms)).includes('202301'));
});

test('a run that was cut off is finished by the next: the month is unseen, its keys go before its table', async (t) => {
  const { rooms, set, retire } = await withOldEvents(t);
  set(Date.parse('2023-03-31T00:00:00Z'));
  await asOwner(rooms.url, (client) => client.query('alter table events detach partition events_202301'));
  assert.equal(await keys(rooms), 2);
  await retire();
  assert.equal(await keys(rooms), 1);
  assert.ok(!(await months(rooms)).includes('202301'));
});

test('a node whose clock runs years ahead drops nothing that is young by the clock of the database', async (t) => {
  const { rooms, set, retire } = await withOldEvents(t);
  set(Date.now());
  await ensurePartitions({ store: rooms.store, clock: systemClock });
  set(Date.now() + 5_000 * DAY_MS);
  await retire();
  const label = new Date().toISOString().slice(0, 7).replace('-', '');
  assert.ok((await months(rooms)).includes(label));
  const asked = await asOwner(rooms.url, async (client) => {
    await client.query('set role sallyport_system');
    return (
      await client.query<{ outcome: string }>('select detach_events_month($1, 35, 50) as outcome', [label])
    ).rows;
  });
  assert.deepEqual(asked, [{ outcome: 'young' }]);
});
