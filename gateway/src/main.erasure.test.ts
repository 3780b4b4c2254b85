// An environment that is deleted leaves no row in any table and no key, whenever the node that deletes it dies; another
// one is untouched; what was sealed can't be opened once its keys are gone; nobody but the eraser can delete a log, and
// it of no environment that lives. L8 Q18 K21 K3; "secure deletion: crypto-shredding plus physical purge".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { accessErasure } from '#access';
import { auditErasure } from '#audit';
import {
  type EnvironmentId,
  INSTALLATION,
  limitsWith,
  openSecretText,
  SYSTEM,
  silentLog,
  systemClock,
} from '#base';
import { connectionsErasure } from '#connections';
import { deliveryErasure } from '#delivery';
import { createEraser, type EraserPorts } from '#environments';
import { ingestErasure } from '#ingest';
import { keyringErasure } from '#keyring';
import { createStore, eraseRows, type Store, sqlStateOf, statement, storeErasure } from '#store';
import { withClient } from '#test/client';
import { type Filled, fill, rowsOf, WITH_ENVIRONMENT } from '#test/filled';
import { type TestGateway, withGateway } from '#test/gateway';

const ERASURES = Object.freeze({
  keys: keyringErasure,
  rows: [auditErasure, accessErasure, connectionsErasure, ingestErasure, deliveryErasure, storeErasure],
});
const eraseEntries = statement('test.erase_entries', eraseRows('audit_entries', ['leaf_index']), () => null);
const readEntries = statement('test.read_entries', 'select leaf_index from audit_entries', () => null);
const readBody = statement('test.read_sealed', 'select sealed_body from events', () => null);

interface Test {
  readonly one: TestGateway;
  readonly call: ReturnType<typeof withClient>;
  readonly store: Store;
  readonly doomed: Filled;
  readonly other: Filled;
}

async function withTwo(t: Parameters<typeof withClient>[0]): Promise<Test> {
  const one = await withGateway(t, { limits: { environmentDeletionDelaySeconds: 0, keyCacheMs: 50 } });
  const call = withClient(t, one);
  const [doomed, other] = [await fill(one, call, 'doomed'), await fill(one, call, 'other')];
  const options = { url: one.databaseUrl, limits: limitsWith(), log: silentLog, clock: systemClock };
  const store = await createStore(options);
  t.after(() => store.close());
  return { one, call, store, doomed, other };
}

/** As `main.ts` makes it, on a store of its own. */
function eraserOf({ one, store }: Test, given: Partial<EraserPorts> = {}) {
  const { audit } = one.gateway.rooms;
  const shared = { store, audit, finishLog: audit.finish, clock: systemClock, log: silentLog };
  return createEraser({ ...shared, erasures: ERASURES, ...given });
}

test('L8 every table of a deleted environment is empty, and the other is as it was', async (t) => {
  const all = await withTwo(t);
  const { one, call, doomed, other } = all;
  const { environments, audit } = one.gateway.rooms;
  const before = await rowsOf(one, doomed.environment);
  for (const [table, rows] of Object.entries(before))
    assert.ok(rows > 0 || table === 'audit_pending', `${table} holds nothing to delete`);
  const untouched = await rowsOf(one, other.environment);
  await environments.requestDeletion(doomed.environment, { name: 'doomed' }, SYSTEM);
  await eraserOf(all).run();

  assert.deepEqual(nonzero(await rowsOf(one, doomed.environment)), {});
  const after = await rowsOf(one, other.environment);
  for (const [table, rows] of Object.entries(untouched))
    assert.ok((after[table] ?? 0) >= rows || table === 'audit_pending', `${table} of the other environment`);
  assert.equal((await call({ path: '/admin/v1/events', key: other.adminKey })).status, 200);
  assert.equal((await call(other.hook)).status, 200);

  // Its keys, addresses and name are no more, and the name is free.
  assert.equal((await call({ path: '/admin/v1/events', key: doomed.adminKey })).status, 401);
  await untilStatus(call, { filled: doomed, status: 404 });
  await assert.rejects(environments.get(doomed.environment), { code: 'ENVIRONMENT_NOT_FOUND' });
  assert.ok((await environments.list()).every(({ id }) => id !== doomed.environment));
  const organization = (await environments.listOrganizations()).find(({ name }) => name === 'doomed');
  assert.ok(organization !== undefined);
  await environments.create(
    { organization: organization.id, name: 'doomed', kind: 'development', region: 'local' },
    SYSTEM,
  );

  await audit.integrate();
  const { items } = await audit.entries({ environment: INSTALLATION, limit: 50 });
  const of = items.map(({ entry }) => entry).filter(({ resource }) => resource?.endsWith(doomed.environment));
  assert.deepEqual(
    of.map(({ action, outcome }) => [action, outcome]),
    [
      ['environment.deleted', 'success'],
      ['environment.deletion_begun', 'intent'],
    ],
  );
  const [ended, begun] = of.map(({ details }) => details as { log?: object; rows?: Record<string, number> });
  assert.deepEqual(ended?.log, begun?.log, 'the end of its log is kept');
  for (const [table, rows] of Object.entries(before)) {
    // Its own log and feed went on until the end.
    const counted = ended?.rows?.[table] ?? 0;
    assert.ok(table.startsWith('audit_') || table === 'changes' ? counted >= 0 : counted === rows, table);
  }
});

test('L8 whenever the eraser dies, before or after a commit, the next one goes on, and every row is counted once', async (t) => {
  const all = await withTwo(t);
  const { one, store, doomed, other } = all;
  const { environments, audit } = one.gateway.rooms;
  await environments.requestDeletion(doomed.environment, { name: 'doomed' }, SYSTEM);
  await audit.integrate();
  const before = await rowsOf(one, doomed.environment);
  let deaths = 0;
  for (let after = 1; ; after += 1) {
    const dying = eraserOf({ ...all, store: mortal(store, { after, isCommitted: after % 2 === 0 }) });
    const died = await dying.run().then(
      () => false,
      (thrown: unknown) => {
        assert.match(String(thrown), /killed/);
        return true;
      },
    );
    if (!died) break;
    deaths += 1;
  }
  assert.ok(deaths >= 8, `it died ${deaths} times only`);
  assert.deepEqual(nonzero(await rowsOf(one, doomed.environment)), {});
  assert.ok(Object.values(nonzero(await rowsOf(one, other.environment))).length > 10);
  await audit.integrate();
  const { items } = await audit.entries({
    environment: INSTALLATION,
    limit: 50,
    action: 'environment.deleted',
  });
  const [item] = items;
  assert.ok(item !== undefined && items.length === 1);
  const { rows } = item.entry.details as { rows: Record<string, number> };
  for (const table of ['events', 'event_keys', 'connections', 'deliveries', 'api_keys', 'data_keys'])
    assert.equal(rows[table], before[table], table);
});

test('K21 once the keys are gone nothing sealed can be opened, though its rows are there and nodes knew the keys', async (t) => {
  const all = await withTwo(t);
  const { one, store, doomed, other } = all;
  const { environments, connections } = one.gateway.rooms;
  const check = ({ environment, connection }: Filled) =>
    connections.check({ environment, connection }, SYSTEM);
  assert.equal((await check(doomed)).ok, true);
  await environments.requestDeletion(doomed.environment, { name: 'doomed' }, SYSTEM);
  const broken = { erase: () => Promise.reject(new Error('killed')) };
  await assert.rejects(eraserOf(all, { erasures: { keys: keyringErasure, rows: [broken] } }).run(), /killed/);
  const left = await rowsOf(one, doomed.environment);
  assert.ok(left['data_keys'] === 0 && (left['connections'] ?? 0) > 0 && (left['events'] ?? 0) > 0);
  // The node held the keys in memory. It hears of it, and from then on has none, nor makes one in their place.
  await until(async () => !(await opens(check(doomed))));
  assert.equal((await rowsOf(one, doomed.environment))['data_keys'], 0);
  assert.equal((await check(other)).ok, true);
  await assert.rejects(environments.cancelDeletion(doomed.environment, SYSTEM), {
    code: 'ENVIRONMENT_NOT_FOUND',
  });
  await eraserOf({ ...all, store }).run();
  assert.deepEqual(nonzero(await rowsOf(one, doomed.environment)), {});
});

test('L8 the eraser sees nothing of an environment that lives, is frozen, or has its delay before it', async (t) => {
  const all = await withTwo(t);
  const { one, store, doomed } = all;
  const { environments } = one.gateway.rooms;
  const erase = (environment: EnvironmentId) =>
    store.erase(environment, (tx) => tx.run(eraseEntries, [environment, 10]));
  const nothing = async (what: string): Promise<void> => {
    assert.equal(await erase(doomed.environment), 0, what);
    for (const erasure of [ERASURES.keys, ...ERASURES.rows])
      assert.deepEqual(
        await store.erase(doomed.environment, (tx) => erasure.erase(tx, doomed.environment, 10)),
        {},
        what,
      );
  };
  await nothing('active');
  await environments.freeze(doomed.environment, SYSTEM);
  await nothing('frozen');
  await environments.requestDeletion(doomed.environment, { name: 'doomed' }, SYSTEM);
  await nothing('not begun');
  await environments.cancelDeletion(doomed.environment, SYSTEM);
  await eraserOf(all).run();
  await nothing('kept');
  // Nobody else may delete of a log, and the eraser reads nothing but keys.
  const { environment } = doomed;
  for (const attempt of [
    () => store.transaction(environment, (tx) => tx.run(eraseEntries, [environment, 10])),
    () => store.system((tx) => tx.run(eraseEntries, [environment, 10])),
    () => store.erase(environment, (tx) => tx.rows(readBody, [])),
  ])
    await assert.rejects(attempt(), (thrown) => sqlStateOf(thrown) === '42501');
  assert.deepEqual(await store.erase(doomed.environment, (tx) => tx.rows(readEntries, [])), []);
});

test('L8 a table of environments that the eraser can not empty is not made', async (t) => {
  const one = await withGateway(t);
  const client = new Client(openSecretText(one.databaseUrl));
  await client.connect();
  const { rows } = await client.query<{ name: string }>(WITH_ENVIRONMENT);
  const { rows: admitted } = await client.query<{ name: string }>(
    `select tablename as name from pg_policies where schemaname = 'sallyport' and policyname = tablename || '_erasure' order by 1`,
  );
  await client.end();
  assert.deepEqual(admitted, rows);
});

/** A store whose process is killed at its n-th transaction: before it commits, or before its caller hears of it. */
function mortal(store: Store, { after, isCommitted }: { after: number; isCommitted: boolean }): Store {
  let left = after;
  const killed = new Error('killed');
  const dies = async <T>(run: (fate: <V>(value: V) => V) => Promise<T>): Promise<T> => {
    left -= 1;
    if (left > 0) return run((value) => value);
    const value = await run((inner) => {
      if (!isCommitted) throw killed;
      return inner;
    });
    if (isCommitted) throw killed;
    return value;
  };
  return {
    ...store,
    transaction: (environment, work) =>
      dies((fate) => store.transaction(environment, async (tx) => fate(await work(tx)))),
    erase: (environment, work) =>
      dies((fate) => store.erase(environment, async (tx) => fate(await work(tx)))),
  };
}

async function opens(check: Promise<unknown>): Promise<boolean> {
  return check.then(
    () => true,
    () => false,
  );
}

async function untilStatus(
  call: Test['call'],
  { filled, status }: { filled: Filled; status: number },
): Promise<void> {
  await until(async () => (await call(filled.hook)).status === status);
}

/** Resolves when a condition holds; polls, since what it waits for has no other sign. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('what was waited for did not happen');
}

function nonzero(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, rows]) => rows > 0));
}
