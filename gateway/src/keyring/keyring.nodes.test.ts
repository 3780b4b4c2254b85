// Any number of nodes share one set of keys: one version 1, rotations that none misses, and no key of another's root.
// Practices K2 U10 Q10 L2; traps "Platform" (nothing assumes one process).
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Clock, Fault, fromHex, openSecretText, SYSTEM, silentLog, toHex, utf8 } from '#base';
import { createKeyring, openFileKeyManager } from '#keyring';
import { withDatabase } from '#test/database';
import { startChild } from './child-task.fixture.ts';
import { freshKeyManager, newEnvironmentId, recordingAudit, temporaryFolder } from './fixture.ts';

const PLACE = Object.freeze({ record: 'record', field: 'field' });

test('two processes that make the first keys at once end with one data key and one pepper', async (t) => {
  const { store, clock, url } = await withDatabase(t);
  const rootKey = join(await temporaryFolder(t), 'root.key');
  const keyManager = await openFileKeyManager({ file: rootKey, create: true });
  const environment = newEnvironmentId();
  const task = {
    kind: 'seal',
    url: openSecretText(url),
    rootKey,
    formerRootKey: null,
    environment,
    dieAtWrap: 0,
    dieAtEntry: 0,
  } as const;
  const children = await Promise.all([startChild(), startChild()]);
  const answers = await Promise.all(children.map((child) => child.begin(task)));
  const keyring = createKeyring({ store, keyManager, audit: recordingAudit(), clock, log: silentLog });
  const sealer = await keyring.sealer(environment, 'events');
  const pepper = await keyring.pepper();
  for (const { answer } of answers) {
    const [digest, sealed] = (answer ?? assert.fail()).split(' ');
    assert.equal(digest, toHex(pepper.digest(pepper.current, utf8('x'))));
    const bytes = fromHex(sealed ?? '', (sealed ?? '').length / 2) ?? assert.fail();
    assert.deepEqual(await sealer.open(PLACE, bytes), utf8('from a child'));
  }
});

test('many keyrings in one process at once make one version, with one entry', async (t) => {
  const { store, clock } = await withDatabase(t);
  const keyManager = await freshKeyManager(t);
  const audit = recordingAudit();
  const environment = newEnvironmentId();
  const nodes = Array.from({ length: 8 }, () =>
    createKeyring({ store, keyManager, audit, clock, log: silentLog }),
  );
  const sealers = await Promise.all(
    nodes.flatMap((node) => [node.sealer(environment, 'audit'), node.sealer(environment, 'audit')]),
  );
  const sealed = sealers.map((sealer) => sealer.seal(PLACE, utf8('one')));
  for (const sealer of sealers)
    for (const value of sealed) assert.deepEqual(await sealer.open(PLACE, value), utf8('one'));
  const made = audit.acts.filter(({ action }) => action === 'datakey.created');
  assert.deepEqual(made, [
    {
      environment,
      action: 'datakey.created',
      actor: SYSTEM,
      resource: 'datakey:audit',
      outcome: 'success',
      details: { version: 1, rootKey: keyManager.id },
    },
  ]);
  const peppers = await Promise.all(nodes.map((node) => node.pepper()));
  assert.equal(new Set(peppers.map((pepper) => toHex(pepper.digest(1, utf8('x'))))).size, 1);
});

test('K2 L2 rotation seals with a new version, opens every old one, and is recorded', async (t) => {
  const { store, clock } = await withDatabase(t);
  const keyManager = await freshKeyManager(t);
  const audit = recordingAudit();
  const environment = newEnvironmentId();
  const keyring = createKeyring({ store, keyManager, audit, clock, log: silentLog });
  const held = await keyring.sealer(environment, 'tokens');
  const sealed = [held.seal(PLACE, utf8('1'))];
  for (const version of [2, 3, 4]) {
    assert.deepEqual(await keyring.rotate(environment, 'tokens', SYSTEM), { version });
    sealed.push(held.seal(PLACE, utf8(String(version))));
    assert.equal(sealed.at(-1)?.[4], version, 'a sealer that was asked for earlier follows');
  }
  const later = await createKeyring({ store, keyManager, audit, clock, log: silentLog }).sealer(
    environment,
    'tokens',
  );
  for (const [index, value] of sealed.entries())
    assert.deepEqual(await later.open(PLACE, value), utf8(String(index + 1)));
  assert.deepEqual(
    audit.acts.map(({ action, details }) => [action, details['version']]),
    [
      ['datakey.created', 1],
      ['datakey.rotated', 2],
      ['datakey.rotated', 3],
      ['datakey.rotated', 4],
    ],
  );
  const both = await Promise.all([
    keyring.rotate(environment, 'tokens', SYSTEM),
    keyring.rotate(environment, 'tokens', SYSTEM),
  ]);
  assert.deepEqual(both.map(({ version }) => version).toSorted(), [5, 6], 'two at once make two versions');
});

test('K2 another node opens a new version at once, and seals with it within half a minute of use', async (t) => {
  const { store, clock } = await withDatabase(t);
  let elapsedMs = 0;
  const moved: Clock = { now: () => clock.now() + elapsedMs, monotonic: clock.monotonic };
  const keyManager = await freshKeyManager(t);
  const environment = newEnvironmentId();
  const one = createKeyring({ store, keyManager, audit: recordingAudit(), clock, log: silentLog });
  const other = createKeyring({ store, keyManager, audit: recordingAudit(), clock: moved, log: silentLog });
  const sealer = await other.sealer(environment, 'events');
  await one.rotate(environment, 'events', SYSTEM);
  const fresh = (await one.sealer(environment, 'events')).seal(PLACE, utf8('new'));
  assert.deepEqual(await sealer.open(PLACE, fresh), utf8('new'));
  assert.equal(sealer.seal(PLACE, utf8('still'))[4], 1);
  elapsedMs = 30_001;
  for (let asked = 0; sealer.seal(PLACE, utf8('?'))[4] !== 2; asked += 1) {
    assert.ok(asked < 1_000, 'never followed');
    await other.sealer(environment, 'events');
    await store.health();
  }
});

test('a data key whose entry can not be written is not made', async (t) => {
  const { store, clock } = await withDatabase(t);
  const keyManager = await freshKeyManager(t);
  const environment = newEnvironmentId();
  const audit = recordingAudit();
  audit.fail();
  const keyring = createKeyring({ store, keyManager, audit, clock, log: silentLog });
  await assert.rejects(keyring.sealer(environment, 'events'), { code: 'AUDIT_UNAVAILABLE' });
  const after = recordingAudit();
  await createKeyring({ store, keyManager, audit: after, clock, log: silentLog }).sealer(
    environment,
    'events',
  );
  assert.deepEqual(
    after.acts.map(({ action }) => action),
    ['datakey.created'],
    'nothing was left of the first try',
  );
});

test('K1 a database made under another root key is refused with both ids, never overwritten', async (t) => {
  const { store, clock } = await withDatabase(t);
  const [theirs, ours] = [await freshKeyManager(t), await freshKeyManager(t)];
  const environment = newEnvironmentId();
  const before = createKeyring({ store, keyManager: theirs, audit: recordingAudit(), clock, log: silentLog });
  const sealed = (await before.sealer(environment, 'events')).seal(PLACE, utf8('x'));
  const after = createKeyring({ store, keyManager: ours, audit: recordingAudit(), clock, log: silentLog });
  const refusal = (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Fault);
    assert.equal(thrown.code, 'ROOT_KEY_INVALID');
    assert.ok(thrown.detail.includes(theirs.id) && thrown.detail.includes(ours.id));
    return true;
  };
  await assert.rejects(after.check(), refusal);
  await assert.rejects(after.sealer(environment, 'events'), refusal);
  await assert.rejects(after.rewrap(environment, SYSTEM), refusal);
  await before.pepper();
  await assert.rejects(after.pepper(), refusal);
  await before.check();
  assert.deepEqual(await (await before.sealer(environment, 'events')).open(PLACE, sealed), utf8('x'));
});

test('the pepper is an HMAC-SHA-256 by version; a version that there is not is refused', async (t) => {
  const { store, clock } = await withDatabase(t);
  const keyring = createKeyring({
    store,
    keyManager: await freshKeyManager(t),
    audit: recordingAudit(),
    clock,
    log: silentLog,
  });
  const pepper = await keyring.pepper();
  assert.deepEqual([pepper.current, pepper.versions], [1, [1]]);
  assert.equal(pepper.digest(1, utf8('a')).length, 32);
  assert.notDeepEqual(pepper.digest(1, utf8('a')), pepper.digest(1, utf8('b')));
  assert.throws(() => pepper.digest(2, utf8('a')), { code: 'INTERNAL' });
});
