// Deliveries and attempts end with their months, give way to whoever reads them, and are claimed meanwhile. What is not over then, due or waiting for another, is counted in the log before it goes, and warned
// of; what is kept for longer is left alone. L8; invariants 3 and 7.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { idFloor, type Limits, type LogFields, newId, silentLog, systemClock } from '#base';
import { asOwner, type TestRooms, withRooms } from './delivery.fixture.ts';
import { claimDeliveries } from './queries.ts';
import { retireDeliveries } from './retention.ts';

const MONTH = '202301';
const FROM = Date.UTC(2023, 0, 1);
const TO = Date.UTC(2023, 1, 1);

test('a month of deliveries goes with what is not over, which is counted in the log first and warned of', async (t) => {
  const rooms = await withRooms(t);
  const { environment, store, audit } = rooms;
  for (const [table, kind] of [
    ['deliveries', 'delivery'],
    ['attempts', 'attempt'],
  ] as const) {
    await asOwner(
      rooms,
      `create table ${table}_${MONTH} partition of ${table} for values from ('${idFloor(kind, FROM)}') to ('${idFloor(kind, TO)}')`,
    );
  }
  const clock = { ...systemClock, now: () => FROM + 1_000 };
  for (const state of ['due', 'waiting', 'delivered', 'dead']) {
    const values = [
      environment,
      newId('delivery', clock),
      newId('event', clock),
      newId('destination', clock),
      state,
      state === 'due' ? new Date(FROM) : null,
    ];
    await asOwner(
      rooms,
      `insert into deliveries (environment_id, id, event_id, destination_id, state, attempts, next_attempt_at, created_at, changed_at, order_key, order_number)
       values ($1, $2, $3, $4, $5, 1, $6, now(), now(), '\\x01', 1)`,
      values,
    );
  }
  await asOwner(
    rooms,
    `insert into attempts (environment_id, id, delivery_id, number, started_at, duration_ms) values ($1, $2, $3, 1, now(), 1)`,
    [environment, newId('attempt', clock), newId('delivery', clock)],
  );
  const warnings: [string, LogFields | undefined][] = [];
  const log = { ...silentLog, warn: (text: string, fields?: LogFields) => warnings.push([text, fields]) };
  const limits: Limits = { ...rooms.settings.limits, retentionLockMs: 20, retentionRetryMs: 10 };
  await whileReading(rooms, async (isWaitedFor) => {
    let isOver = false;
    const retiring = retireDeliveries({ store, audit, limits, clock: systemClock, log: silentLog });
    void retiring.finally(() => {
      isOver = true;
    });
    for (; !isOver; ) {
      await store.system((tx) =>
        tx.rows(claimDeliveries, [new Date(0), new Date(1), 1, 1, [], [], [], null, '{}']),
      );
      assert.ok(!(await isWaitedFor()), 'the drop stands in the queue while somebody reads');
    }
    assert.equal(await retiring, 1, 'attempts are not read, and deliveries are left');
  });
  assert.equal((await rooms.deliveries()).length, 4);
  assert.equal(await retireDeliveries({ store, audit, limits, clock: systemClock, log }), 1);

  await audit.integrate();
  const { items } = await audit.entries({ environment, action: 'retention.begun', limit: 10 });
  const deliveries = { table: 'deliveries', month: MONTH, keptDays: limits.deliveriesKeptDays };
  const attempts = { table: 'attempts', month: MONTH, keptDays: limits.attemptsKeptDays };
  // The first run gave way; the second counted again.
  assert.deepEqual(items.map(({ entry }) => entry.details).toReversed(), [
    { ...deliveries, rows: 4, undelivered: 2 },
    { ...attempts, rows: 1 },
    { ...deliveries, rows: 4, undelivered: 2 },
  ]);
  assert.deepEqual(
    warnings.map(([, fields]) => fields?.count),
    [2, 2],
  );
  assert.deepEqual(await rooms.deliveries(), []);
  const left = await asOwner(
    rooms,
    `select relname from pg_class where relname in ('deliveries_${MONTH}', 'attempts_${MONTH}')`,
  );
  assert.deepEqual(left, []);
  assert.equal(await retireDeliveries({ store, audit, limits, clock: systemClock, log }), 0);
});

/** While a transaction that has read deliveries is open: whether somebody waits to have the table alone. */
async function whileReading(
  { settings }: TestRooms,
  work: (isWaitedFor: () => Promise<boolean>) => Promise<void>,
): Promise<void> {
  const client = new Client(settings.databaseUrl);
  await client.connect();
  try {
    await client.query('begin; set local search_path = sallyport; select count(*) from deliveries');
    await work(async () => {
      const { rows } = await client.query(
        `select from pg_locks where relation = 'deliveries'::regclass and mode = 'AccessExclusiveLock' and not granted`,
      );
      return rows.length > 0;
    });
  } finally {
    await client.end();
  }
}
