// A page of events costs what a page costs, however many events there are: by endpoint and by type too, when those asked for are the
// oldest of all, and on a connection that has made the same list many times. Design 6 "cost must not grow with history". Counted: rows
// that Postgres touched, not time.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { type EndpointId, idFloor, limitsWith, newId, systemClock } from '#base';
import { openFileKeyManager } from '#keyring';
import { type Store, statement } from '#store';
import { withDatabase } from '#test/database';
import { asOwner, environmentOf, ingestOn } from './ingest.fixture.ts';
import { ensurePartitions } from './partitions.ts';

const EVENTS = 4_000;
const OLDEST = 3;
const PAGE = 10;
const TOUCHED_MAX = 100;
/** More often than the server needs to settle for one plan. */
const TIMES = 8;
const touched = statement(
  'test.touched_events',
  `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::float8 as rows
   from pg_stat_xact_all_tables where relname like 'events_2%'`,
  (row) => z.object({ rows: z.number() }).parse(row).rows,
);

test('lists by endpoint and by type touch a page of rows, also when what they look for is the oldest of all', async (t) => {
  const { store, url } = await withDatabase(t, { poolConnectionsMax: 1 });
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-flat-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'root.key');
  await openFileKeyManager({ file, create: true });
  let most = 0;
  const counting: Store = {
    ...store,
    transaction: (environment, work, options) =>
      store.transaction(
        environment,
        async (tx) => {
          const before = (await tx.row(touched, [])) ?? 0;
          const result = await work(tx);
          most = Math.max(most, ((await tx.row(touched, [])) ?? Infinity) - before);
          return result;
        },
        options,
      ),
  };
  const node = await ingestOn({ store: counting, file, limits: limitsWith() });
  t.after(() => node.ingest.stop());
  await node.ingest.start();
  // A year of months: planning costs by the month, so that the server would sooner keep one plan for all values.
  for (let months = 3; months <= 12; months += 3) {
    const clock = { ...systemClock, now: () => Date.now() - months * 30 * 86_400_000 };
    await ensurePartitions({ store, clock });
  }
  const environment = await environmentOf(node);
  const [busy, quiet]: readonly EndpointId[] = [
    newId('endpoint', systemClock),
    newId('endpoint', systemClock),
  ];
  await asOwner(url, async (client) => {
    await client.query(`set role sallyport_runtime; set sallyport.environment = '${environment}'`);
    await client.query(
      `insert into events (environment_id, id, endpoint_id, platform, type, platform_event, received_at, bytes, digest, content_type, sealed_body)
       select $1, 'evt_' || substr($2, 5, 10) || lpad(n::text, 16, '0'), case when n <= ${OLDEST} then $4 else $3 end, 'koywe',
         case when n <= ${OLDEST} then 'oldest' else 'order.paid' end, null, now(), 1, sha256(''), 'text/plain', ''
       from generate_series(1, ${EVENTS}) n`,
      [environment, idFloor('event', Date.now()), busy, quiet],
    );
    await client.query('reset role');
    await client.query('analyze events');
  });
  for (const filter of [
    {},
    { endpoint: busy },
    { endpoint: quiet },
    { type: 'order.paid' },
    { type: 'oldest' },
  ]) {
    most = 0;
    for (let time = 0; time < TIMES; time += 1) {
      const { items } = await node.ingest.events.list({ environment, limit: PAGE, ...filter });
      const isOldest =
        'endpoint' in filter ? filter.endpoint === quiet : 'type' in filter && filter.type === 'oldest';
      assert.equal(items.length, isOldest ? OLDEST : PAGE, JSON.stringify(filter));
    }
    assert.ok(most > 0 && most <= TOUCHED_MAX, `${JSON.stringify(filter)} touched ${most} rows`);
  }
});
