// What claims and settles deliveries costs the same however many there are and however many are due, also on a connection that was made
// while the month was still empty, before the server knew anything of it. Design 6 "cost must not grow with history"; trap
// "Delivering" (a destination that hangs must not slow others). Counted: rows that Postgres touched, not time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { type DeliveryId, newId, systemClock } from '#base';
import { statement } from '#store';
import { asOwner, withRooms } from './delivery.fixture.ts';
import { claimDeliveries, settleDeliveries } from './queries.ts';

const DUE = 3_000;
/** A few rows for each of ten, in each of four months: far less than what there is. */
const TOUCHED_MAX = 200;
const touched = statement(
  'test.touched_deliveries',
  `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::float8 as rows
   from pg_stat_xact_all_tables where relname like 'deliveries_2%'`,
  (row) => z.object({ rows: z.number() }).parse(row).rows,
);

test('ten of three thousand due deliveries are claimed and settled by touching no more than a few rows each', async (t) => {
  const rooms = await withRooms(t, { limits: { poolConnectionsMax: 2 } });
  const { environment, store } = rooms;
  const { id: good } = await rooms.destination('https://127.0.0.1:1/good');
  const { id: hanging } = await rooms.destination('https://127.0.0.1:1/hanging');

  const claim = () =>
    store.system(async (tx) => {
      const leaseMs = Date.now() + 60_000;
      const values = [new Date(), new Date(leaseMs), 100, 10, [hanging], [10], [null], null, '{}'];
      const claims = await tx.rows(claimDeliveries, values);
      return { claims, leaseMs, rows: await tx.row(touched, []) };
    });
  const settle = (ids: readonly DeliveryId[], leaseMs: number) =>
    store.transaction(environment, async (tx) => {
      const all = <T>(value: T): T[] => ids.map(() => value);
      const parts = [all('delivered'), all(200), all(null), all(null), all(leaseMs)];
      const settled = await tx.rows(settleDeliveries, [environment, ids, ...parts, new Date(), all(1)]);
      return { settled, rows: await tx.row(touched, []) };
    });
  // The server settles for one plan after five runs, of a month with nothing in it.
  for (let run = 0; run < 12; run += 1) {
    await claim();
    await settle([newId('delivery', systemClock)], 1);
  }

  const make = (destination: string, count: number) =>
    asOwner(
      rooms,
      `insert into deliveries (environment_id, id, event_id, destination_id, state, attempts, next_attempt_at, created_at, changed_at)
       select $1, 'dlv_' || substr($2, 5, 10) || substr(md5(n || $3), 1, 16), 'evt_' || substr($2, 5, 10) || substr(md5(n || $3), 1, 16), $3, 'due', 0, now(), now(), now()
       from generate_series(1, $4::int) n`,
      [environment, newId('delivery', systemClock), destination, count],
    );
  await make(hanging, DUE);
  await make(good, 10);
  const { claims, leaseMs, rows: claimed } = await claim();
  assert.equal(claims.length, 10);
  assert.ok((claimed ?? Infinity) <= TOUCHED_MAX, `claiming ten touched ${claimed} rows`);
  const ids = claims.map(({ id }) => id);
  const { settled, rows } = await settle(ids, leaseMs);
  assert.equal(settled.length, 10);
  assert.ok((rows ?? Infinity) <= TOUCHED_MAX, `settling ten touched ${rows} rows`);
});
