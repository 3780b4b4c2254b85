// A webhook is acknowledged when its event, its duplicate key, its deliveries and its entry in the log are on disk together,
// and not before; whatever fails leaves none of them, and the answer says when to come back. K7 K9; invariant "Nothing is
// acknowledged before it is durable"; traps "Delivering".
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fault, type FaultCode, limitsWith, Secret, SYSTEM, silentLog, systemClock } from '#base';
import { openFileKeyManager } from '#keyring';
import { createStore, migrate } from '#store';
import { startTestCluster } from '#test/cluster';
import { allMigrations } from '../migrations.ts';
import {
  asOwner,
  environmentOf,
  eventBody,
  ingestOn,
  kept,
  logged,
  noFanOut,
  rowsOf,
  SECRET,
  signed,
  withIngest,
} from './ingest.fixture.ts';

const comeBack = (code: FaultCode) => (fault: unknown) =>
  fault instanceof Fault && fault.code === code && fault.status === 503 && fault.retryAfterSeconds !== null;

test('K7 what is acknowledged is seen by another node at once, with its key and its entry', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, url } = one;
  const other = await one.node();
  const { event, duplicate } = await kept(one.ingest, signed(eventBody('a'), { endpoint: endpoint.id }));
  assert.equal(duplicate, false);
  const view = await other.ingest.events.get({ environment, event });
  assert.equal(view.platformEvent, 'a');
  assert.equal((await rowsOf(url, environment, 'select from event_keys')).length, 1);
  const [entry] = await logged(other, environment, 'event.stored');
  assert.deepEqual(entry?.details, { count: 1, events: [[event, endpoint.id, view.digest]] });
});

test('K7 when deliveries or the entry can not be stored, nothing is, and a repeated webhook is a new event', async (t) => {
  let failing = true;
  const one = await withIngest(t, {
    fanOut: {
      ...noFanOut,
      inTransaction: async () => {
        if (failing) throw new Fault('STORE_UNAVAILABLE', { retryAfterSeconds: 1 });
      },
    },
  });
  const { environment, endpoint, url, ingest } = one;
  const webhook = signed(eventBody('a'), { endpoint: endpoint.id });
  const nothing = async (): Promise<void> => {
    assert.equal((await rowsOf(url, environment, 'select from event_keys')).length, 0);
    assert.equal((await rowsOf(url, environment, 'select from events')).length, 0);
  };
  await assert.rejects(kept(ingest, webhook), comeBack('STORE_UNAVAILABLE'));
  await nothing();
  failing = false;
  await asOwner(url, (client) => client.query('revoke insert on audit_pending from sallyport_runtime'));
  await assert.rejects(kept(ingest, webhook), comeBack('AUDIT_UNAVAILABLE'));
  await nothing();
  await asOwner(url, (client) => client.query('grant insert on audit_pending to sallyport_runtime'));
  assert.equal((await kept(ingest, webhook)).duplicate, false);
});

test('K7 a commit that takes too long is answered 503, and the repeated webhook gets the event that was stored', async (t) => {
  const one = await withIngest(t, { limits: { webhookCommitTimeoutMs: 300 } });
  const { environment, endpoint, url, ingest } = one;
  await kept(ingest, signed(eventBody('warm'), { endpoint: endpoint.id }));
  const webhook = signed(eventBody('slow'), { endpoint: endpoint.id });
  await asOwner(url, async (client) => {
    await client.query('begin; lock table event_keys in access exclusive mode');
    await assert.rejects(kept(ingest, webhook), comeBack('STORE_UNAVAILABLE'));
    await client.query('rollback');
  });
  // The flush that was waited for too long goes on; whether before or after it, the webhook is stored once.
  const again = await kept(ingest, webhook);
  const events = await ingest.events.list({ environment, limit: 10 });
  assert.deepEqual(
    events.items.filter(({ platformEvent }) => platformEvent === 'slow').map(({ id }) => id),
    [again.event],
  );
});

test('K7 without Postgres every webhook is answered 503 with a time to come back, whatever is remembered', async (t) => {
  const cluster = await startTestCluster();
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-ingest-'));
  const file = join(directory, 'root.key');
  await openFileKeyManager({ file, create: true });
  const limits = limitsWith({ keyCacheMs: 900, poolWaitTimeoutMs: 500 });
  await migrate({ url: cluster.url, migrations: allMigrations, log: silentLog });
  const store = await createStore({ url: cluster.url, limits, log: silentLog, clock: systemClock });
  const node = await ingestOn({ store, file, limits });
  const { ingest } = node;
  t.after(async () => {
    await ingest.stop();
    await store.close();
    await cluster.remove();
    await rm(directory, { recursive: true, force: true });
  });
  await ingest.start();
  const environment = await environmentOf(node);
  const secret = Secret.fromText(SECRET);
  const { id: endpoint } = await ingest.endpoints.create(
    { environment, platform: 'koywe', name: 'koywe', secret },
    SYSTEM,
  );
  await kept(ingest, signed(eventBody('before'), { endpoint }));
  await cluster.stop();
  // At first with the endpoint in memory, later without.
  for (const until = performance.now() + 1_500; performance.now() < until; ) {
    const webhook = signed(eventBody(String(performance.now())), { endpoint });
    await assert.rejects(kept(ingest, webhook), comeBack('STORE_UNAVAILABLE'));
    await assert.rejects(
      kept(ingest, { ...webhook, body: Buffer.from('forged') }),
      (fault) => fault instanceof Fault && fault.status === 503 && fault.retryAfterSeconds !== null,
    );
  }
});

test('K7 a stop finishes what was accepted', async (t) => {
  const { ingest, endpoint, environment } = await withIngest(t, { limits: { webhookBatchItemsMax: 4 } });
  await kept(ingest, signed(eventBody('warm'), { endpoint: endpoint.id }));
  const under = Array.from({ length: 40 }, (_, at) =>
    kept(ingest, signed(eventBody(`stop-${at}`), { endpoint: endpoint.id })),
  );
  // Each is past its verification before the stop.
  await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => setImmediate(resolve));
  await ingest.stop();
  const settled = await Promise.allSettled(under);
  const { items } = await ingest.events.list({ environment, limit: 100 });
  const stored = new Set(items.map(({ id }) => id));
  for (const result of settled) {
    if (result.status === 'fulfilled') assert.ok(stored.has(result.value.event));
    else assert.ok(comeBack('BUSY')(result.reason));
  }
  assert.equal(stored.size - 1, settled.filter(({ status }) => status === 'fulfilled').length);
});

test('L12 a batch whose ids fill more than one entry is logged in several, however small an entry may be', async (t) => {
  const one = await withIngest(t, { limits: { auditDetailsBytesMax: 1_024 } });
  const { environment, endpoint, ingest } = one;
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) =>
      kept(ingest, signed(eventBody(`e${at}`), { endpoint: endpoint.id })),
    ),
  );
  const entries = await logged(one, environment, 'event.stored');
  const named = entries.flatMap(({ details }) => (Array.isArray(details['events']) ? details['events'] : []));
  assert.ok(entries.length > 10);
  assert.deepEqual(
    named.map((line) => (Array.isArray(line) ? line[0] : null)).toSorted(),
    answers.map(({ event }) => event).toSorted(),
  );
});
