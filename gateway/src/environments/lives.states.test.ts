// An environment is frozen, unfrozen, deleted and kept by steps that its state allows, each with its entry or not at all, and
// every node sees it within a second, also one that the change feed does not reach. K3 L8; trap "The entry and the act
// commit together"; invariant "Revocation is in force everywhere within one second, or the node asks the database".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Act,
  type AuditPort,
  type Clock,
  type EnvironmentId,
  Fault,
  limitsWith,
  SYSTEM,
  silentLog,
  systemClock,
} from '#base';
import { createEnvironments, type Environments } from '#environments';
import { createStore, statement } from '#store';
import { type Cleanup, withDatabase } from '#test/database';

const DAY_MS = 86_400_000;
const none = (): null => null;
const beyond = statement('test.delete_environment', `update environments set state = 'deleted'`, none);

interface Made {
  readonly environments: Environments;
  readonly id: EnvironmentId;
  readonly acts: Act[];
  /** From now on entries can't be written. */
  fail(): void;
  /** Another node; one that hears nothing of changes, if so wanted. */
  node(how?: { isDeaf?: boolean; clock?: Clock }): Promise<Environments>;
}

async function made(t: Cleanup): Promise<Made> {
  const { store, url, clock } = await withDatabase(t);
  const limits = limitsWith({ environmentDeletionDelaySeconds: DAY_MS / 1_000 });
  const acts: Act[] = [];
  let failing = false;
  const record = async (_: unknown, __: unknown, act: Act): Promise<void> => {
    if (failing) throw new Fault('AUDIT_UNAVAILABLE');
    acts.push(act);
  };
  const audit: AuditPort = { record, note: (_, act) => record(null, null, act) };
  const environments = createEnvironments({ store, audit, limits, clock });
  const { id: organization } = await environments.createOrganization({ name: 'acme' }, SYSTEM);
  const input = { organization, name: 'shop', kind: 'production', region: 'eu' } as const;
  const { id } = await environments.create(input, SYSTEM);
  acts.length = 0;
  return {
    environments,
    id,
    acts,
    fail: () => {
      failing = true;
    },
    async node({ isDeaf = false, clock: own = systemClock } = {}) {
      const other = await createStore({ url, limits, log: silentLog, clock: systemClock });
      t.after(() => other.close());
      const changes = { ...other.changes, follow: () => () => undefined, isFresh: () => false };
      return createEnvironments({ store: isDeaf ? { ...other, changes } : other, audit, limits, clock: own });
    },
  };
}

test('K3 each step is taken from the states that allow it, with its entry', async (t) => {
  const { environments, id, acts } = await made(t);
  const conflict = { code: 'CONFLICT' };
  await assert.rejects(environments.unfreeze(id, SYSTEM), conflict);
  await assert.rejects(environments.cancelDeletion(id, SYSTEM), conflict);
  assert.equal((await environments.freeze(id, SYSTEM)).state, 'frozen');
  await assert.rejects(environments.freeze(id, SYSTEM), conflict);
  assert.equal((await environments.unfreeze(id, SYSTEM)).state, 'active');
  const before = Date.now();
  const deleting = await environments.requestDeletion(id, { name: 'shop' }, SYSTEM);
  assert.equal(deleting.state, 'deleting');
  assert.ok(Math.abs((deleting.deleteAfterMs ?? 0) - before - DAY_MS) < 60_000);
  for (const step of [environments.freeze, environments.unfreeze])
    await assert.rejects(step(id, SYSTEM), conflict);
  await assert.rejects(environments.requestDeletion(id, { name: 'shop' }, SYSTEM), conflict);
  const kept = await environments.cancelDeletion(id, SYSTEM);
  assert.deepEqual([kept.state, kept.deleteAfterMs], ['frozen', null], 'whoever wants it to work says so');
  assert.deepEqual(
    acts.map(({ action, resource }) => [action, resource]),
    ['frozen', 'unfrozen', 'deletion_requested', 'deletion_cancelled'].map((what) => [
      `environment.${what}`,
      `environment:${id}`,
    ]),
  );
  assert.deepEqual(await environments.list(), [kept]);
});

test('L8 nothing is deleted by a wrong name, and nothing changes without its entry', async (t) => {
  const { environments, id, fail } = await made(t);
  for (const name of ['', 'Shop', 'shop ', 'other'])
    await assert.rejects(environments.requestDeletion(id, { name }, SYSTEM), { code: 'INVALID_REQUEST' });
  await assert.rejects(environments.freeze('env_01k00000000000000000000000', SYSTEM), {
    code: 'ENVIRONMENT_NOT_FOUND',
  });
  fail();
  await assert.rejects(environments.freeze(id, SYSTEM), { code: 'AUDIT_UNAVAILABLE' });
  await assert.rejects(environments.requestDeletion(id, { name: 'shop' }, SYSTEM), {
    code: 'AUDIT_UNAVAILABLE',
  });
  assert.equal((await environments.get(id)).state, 'active');
});

test('of two steps at once one is taken', async (t) => {
  const { environments, id, acts } = await made(t);
  const tried = await Promise.allSettled(Array.from({ length: 8 }, () => environments.freeze(id, SYSTEM)));
  assert.equal(tried.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal(acts.length, 1);
});

test('K3 a node that hears the feed remembers until it hears of a change', async (t) => {
  const { environments, id, node } = await made(t);
  const other = await node();
  while ((await other.get(id)) !== (await other.get(id))) await soon();
  for (const [step, state] of [
    [environments.freeze, 'frozen'],
    [environments.unfreeze, 'active'],
  ] as const) {
    await step(id, SYSTEM);
    while ((await other.get(id)).state !== state) await soon();
  }
});

test('K3 a node that the feed does not reach asks the database, and tells no state that is older than a second', async (t) => {
  const { environments, id, node } = await made(t);
  let ahead = 0;
  const other = await node({
    isDeaf: true,
    clock: { ...systemClock, monotonic: () => performance.now() + ahead },
  });
  for (const [step, state] of [
    [environments.freeze, 'frozen'],
    [environments.unfreeze, 'active'],
  ] as const) {
    await other.get(id);
    await step(id, SYSTEM);
    ahead += 900;
    assert.equal((await other.get(id)).state, state);
  }
});

/** What is waited for has no other sign. */
function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

test('L8 no ordinary transaction ends an environment', async (t) => {
  const { store, clock, limits } = await withDatabase(t);
  const audit: AuditPort = { record: async () => undefined, note: async () => undefined };
  const environments = createEnvironments({ store, audit, limits, clock });
  const { id: organization } = await environments.createOrganization({ name: 'acme' }, SYSTEM);
  const input = { organization, name: 'shop', kind: 'production', region: 'eu' } as const;
  const { id } = await environments.create(input, SYSTEM);
  for (const attempt of [
    () => store.transaction(id, (tx) => tx.run(beyond, [])),
    () => store.system((tx) => tx.run(beyond, [])),
    () => store.erase(id, (tx) => tx.run(beyond, [])),
  ])
    await assert.rejects(attempt());
  assert.equal((await environments.get(id)).state, 'active');
});
