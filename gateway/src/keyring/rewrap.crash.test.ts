// After a new root key every wrapped key is wrapped anew, by as many starts as it takes, and everything still opens.
// Practices K2 U10 Q10; trap "Rewrap keeps the associated data and touches only the wrapped key".
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { type EnvironmentId, openSecretText, SYSTEM, silentLog, utf8 } from '#base';
import { createKeyring, type KeyManager, openFileKeyManager, type SealPurpose } from '#keyring';
import { type Store, statement } from '#store';
import { withDatabase } from '#test/database';
import { startChild } from './child-task.fixture.ts';
import { newEnvironmentId, recordingAudit, temporaryFolder } from './fixture.ts';

const PLACE = Object.freeze({ record: 'record', field: 'field' });
const SEALED: readonly SealPurpose[] = ['events', 'endpoints', 'connections', 'destinations', 'deliveries'];
const VERSIONS = 16;
const KEYS = SEALED.length * VERSIONS;

const row = z.object({
  purpose: z.string(),
  version: z.int(),
  key_id: z.string(),
  root_key_id: z.string(),
  wrapped: z.instanceof(Uint8Array),
  created_at: z.date(),
});
const everyKey = statement(
  'test.every_key',
  'select purpose, version, key_id, root_key_id, wrapped, created_at from data_keys where environment_id = $1 order by purpose, version',
  (value) => row.parse(value),
);

test('K2 Q10 rewrap, killed at every stage, is finished by the next start', async (t) => {
  const { store, clock, url } = await withDatabase(t);
  const folder = await temporaryFolder(t);
  const rootKey = join(folder, 'new.key');
  const formerRootKey = join(folder, 'old.key');
  const former = await openFileKeyManager({ file: formerRootKey, create: true });
  const current = await openFileKeyManager({ file: rootKey, create: true });
  const environment = newEnvironmentId();
  const bystander = newEnvironmentId();

  const before = createKeyring({ store, keyManager: former, audit: recordingAudit(), clock, log: silentLog });
  const values: { purpose: SealPurpose; sealed: Uint8Array }[] = [];
  for (const purpose of SEALED) {
    for (let version = 1; version <= VERSIONS; version += 1) {
      if (version > 1) await before.rotate(environment, purpose, SYSTEM);
      const sealer = await before.sealer(environment, purpose);
      values.push({ purpose, sealed: sealer.seal(PLACE, utf8(`${purpose} ${version}`)) });
    }
  }
  await before.sealer(bystander, 'events');
  const pepper = await before.pepper();
  const digest = pepper.digest(1, utf8('x'));
  const keysBefore = await keysOf(store, environment);
  assert.equal(keysBefore.length, KEYS);

  const task = {
    kind: 'rewrap',
    url: openSecretText(url),
    rootKey,
    formerRootKey,
    environment,
    dieAtWrap: 0,
    dieAtEntry: 0,
  } as const;
  /** How many are wrapped anew after each death: the first batch is 64. */
  const deaths = [
    { die: { dieAtWrap: 10 }, done: 0, at: 'in the first batch' },
    { die: { dieAtEntry: 1 }, done: 0, at: 'in the transaction, before its commit' },
    { die: { dieAtWrap: 70 }, done: 64, at: 'in the second batch' },
    { die: { dieAtEntry: 1 }, done: 64, at: 'in the second transaction' },
    { die: { dieAtEntry: 2 }, done: KEYS, at: 'before the keys of the installation' },
  ];
  for (const { die, done, at } of deaths) {
    const { signal } = await (await startChild()).begin({ ...task, ...die });
    assert.equal(signal, 'SIGKILL', at);
    const keys = await keysOf(store, environment);
    assert.equal(keys.filter((key) => key.root_key_id === current.id).length, done, at);
    const both = createKeyring({
      store,
      keyManager: current,
      formerKeyManagers: [former],
      audit: recordingAudit(),
      clock,
      log: silentLog,
    });
    await both.check();
    for (const { purpose, sealed } of values)
      await (await both.sealer(environment, purpose)).open(PLACE, sealed);
  }

  const last = await (await startChild()).begin(task);
  assert.deepEqual(last, { signal: null, answer: '1' }, 'only the pepper was left');
  assert.deepEqual(await (await startChild()).begin(task), { signal: null, answer: '0' });

  const keysAfter = await keysOf(store, environment);
  for (const [index, key] of keysAfter.entries()) {
    const was = keysBefore[index] ?? assert.fail();
    assert.deepEqual(
      { ...key, wrapped: null, root_key_id: null },
      { ...was, wrapped: null, root_key_id: null },
    );
    assert.equal(key.root_key_id, current.id);
    assert.notDeepEqual(key.wrapped, was.wrapped);
  }
  const untouched = await keysOf(store, bystander);
  assert.deepEqual(
    untouched.map((key) => key.root_key_id),
    [former.id],
    'another environment is not touched',
  );

  const alone = createKeyring({ store, keyManager: current, audit: recordingAudit(), clock, log: silentLog });
  for (const { purpose, sealed } of values) {
    const opened = await (await alone.sealer(environment, purpose)).open(PLACE, sealed);
    assert.ok(Buffer.from(opened).toString().startsWith(`${purpose} `));
  }
  assert.deepEqual((await alone.pepper()).digest(1, utf8('x')), digest, 'the pepper is the same');
});

test('K2 L2 two rewraps at once do each key once and record what they did', async (t) => {
  const { store, clock } = await withDatabase(t);
  const folder = await temporaryFolder(t);
  const former = await openFileKeyManager({ file: join(folder, 'old.key'), create: true });
  const current = await openFileKeyManager({ file: join(folder, 'new.key'), create: true });
  const environment = newEnvironmentId();
  const before = createKeyring({ store, keyManager: former, audit: recordingAudit(), clock, log: silentLog });
  for (const purpose of SEALED) await before.rotate(environment, purpose, SYSTEM);
  const audit = recordingAudit();
  // Neither wraps before both have read what there is to do.
  const { promise: bothHaveRead, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  const nodes = [1, 2].map(() => {
    let first = true;
    const wrap: KeyManager['wrap'] = async (key, context) => {
      if (first) arrived += 1;
      first = false;
      if (arrived === 2) resolve();
      await bothHaveRead;
      return current.wrap(key, context);
    };
    const keyManager = { ...current, wrap };
    return createKeyring({ store, keyManager, formerKeyManagers: [former], audit, clock, log: silentLog });
  });
  const counts = await Promise.all(nodes.map((node) => node.rewrap(environment, SYSTEM)));
  assert.equal(
    counts.reduce((sum, { rewrapped }) => sum + rewrapped, 0),
    SEALED.length,
  );
  const recorded = audit.acts.flatMap(({ details }) => details['keys'] ?? []);
  assert.deepEqual(recorded.toSorted(), SEALED.map((purpose) => `${purpose}/1`).toSorted());
});

test('K2 when the log can not be written, nothing is rewrapped', async (t) => {
  const { store, clock } = await withDatabase(t);
  const folder = await temporaryFolder(t);
  const former = await openFileKeyManager({ file: join(folder, 'old.key'), create: true });
  const current = await openFileKeyManager({ file: join(folder, 'new.key'), create: true });
  const environment = newEnvironmentId();
  const before = createKeyring({ store, keyManager: former, audit: recordingAudit(), clock, log: silentLog });
  await before.sealer(environment, 'events');
  await before.pepper();
  const audit = recordingAudit();
  audit.fail();
  const after = createKeyring({
    store,
    keyManager: current,
    formerKeyManagers: [former],
    audit,
    clock,
    log: silentLog,
  });
  await assert.rejects(after.rewrap(environment, SYSTEM), { code: 'AUDIT_UNAVAILABLE' });
  await before.check();
});

function keysOf(store: Store, environment: EnvironmentId): Promise<z.output<typeof row>[]> {
  return store.transaction(environment, (tx) => tx.rows(everyKey, [environment]));
}
