// It is known who uses a key, when and from where, and no request waits for a write of it. L3 Q2 U10 Q11 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSecretText } from '#base';
import { ACTOR, withAccess } from './access.fixture.ts';

const DAY_MS = 86_400_000;

test('L3 uses are counted exactly over nodes, with the last one in view', async (t) => {
  const { access, environments, node, clock } = await withAccess(t);
  const other = await node();
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  const use = (one: typeof access, address: string, agent: string) =>
    one.authenticate({
      authorization: `Bearer ${openSecretText(secret)}`,
      surface: 'runtime',
      actor: { ...ACTOR, address, agent },
    });
  for (let at = 0; at < 30; at++) await use(access, '192.0.2.1', 'one');
  clock.forward(1_000);
  for (let at = 0; at < 12; at++) await use(other.access, '192.0.2.2', 'two');
  assert.equal(
    (await access.keys.get({ environment, key: key.id })).uses,
    0,
    'nothing is written by a request',
  );
  await Promise.all([access.usage.flush(), other.access.usage.flush()]);
  const seen = await access.keys.get({ environment, key: key.id });
  assert.equal(seen.uses, 42);
  assert.deepEqual([seen.lastUse?.address, seen.lastUse?.agent], ['192.0.2.2', 'two']);
  const callers = await access.usage.callers({ environment, key: key.id, sinceMs: clock.now() - DAY_MS });
  assert.deepEqual(
    callers.map(({ address, agent, uses }) => [address, agent, uses]),
    [
      ['192.0.2.1', 'one', 30],
      ['192.0.2.2', 'two', 12],
    ],
  );
});

test('a flush that fails loses no count, and callers without end stay bounded', async (t) => {
  const { access, environments, node } = await withAccess(t, { keyUsageItemsMax: 100 });
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  const broken = await node();
  for (let at = 0; at < 150; at++) {
    await broken.access.authenticate({
      authorization: `Bearer ${openSecretText(secret)}`,
      surface: 'runtime',
      actor: { ...ACTOR, address: `198.51.100.${at}` },
    });
  }
  await broken.access.usage.flush();
  const callers = await access.usage.callers({ environment, key: key.id, sinceMs: 0 });
  assert.equal(callers.length, 101);
  assert.deepEqual([callers[0]?.address, callers[0]?.uses], ['others', 50]);
  assert.equal((await access.keys.get({ environment, key: key.id })).uses, 150);
  await broken.access.authenticate({
    authorization: `Bearer ${openSecretText(secret)}`,
    surface: 'runtime',
    actor: ACTOR,
  });
  await broken.store.close();
  await assert.rejects(broken.access.usage.flush(), { code: 'STORE_UNAVAILABLE' });
  await assert.rejects(
    broken.access.usage.flush(),
    { code: 'STORE_UNAVAILABLE' },
    'it is still there to be written',
  );
});

test('L8 it is forgotten after keyCallersKeptSeconds who used a key', async (t) => {
  const { access, environments, clock } = await withAccess(t);
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  const use = () =>
    access.authenticate({
      authorization: `Bearer ${openSecretText(secret)}`,
      surface: 'runtime',
      actor: ACTOR,
    });
  await use();
  await access.usage.flush();
  clock.forward(20 * DAY_MS);
  await use();
  await access.usage.flush();
  clock.forward(17 * DAY_MS);
  assert.equal(await access.usage.sweep(), 1);
  assert.equal((await access.usage.callers({ environment, key: key.id, sinceMs: 0 })).length, 1);
});
