// Whom the allowlist of administration would refuse is told before it does, from what is known of the last day: every
// environment, administration keys alone, IPv4 and IPv6. It warns at the start only when nobody would be left. K14 Q15.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitsWith, openSecretText, SYSTEM, silentLog, systemClock } from '#base';
import { createStore } from '#store';
import { withGateway } from '#test/gateway';
import { adminLockout, warnOfAdminLockout } from './admin-lockout.ts';

test('K14 Q15 it is told whom of the last day a list refuses, and said loudly when it is everybody', async (t) => {
  const one = await withGateway(t);
  const { environments, access } = one.gateway.rooms;
  const organization = await environments.createOrganization({ name: 'other' }, SYSTEM);
  const second = await environments.create(
    { organization: organization.id, name: 'second', kind: 'development', region: 'local' },
    SYSTEM,
  );
  const made = await access.keys.create({ environment: second.id, kind: 'admin', name: 'second' }, SYSTEM);
  const use = (key: string, surface: 'admin' | 'runtime', address: string) =>
    access.authenticate({
      authorization: `Bearer ${key}`,
      surface,
      actor: { kind: 'anonymous', id: null, address, agent: null, request: null },
    });
  const limits = limitsWith();
  const store = await createStore({ url: one.databaseUrl, limits, log: silentLog, clock: systemClock });
  t.after(() => store.close());
  const warnings: (number | undefined)[] = [];
  const log = {
    ...silentLog,
    warn: (_: string, fields?: { count?: number }) => warnings.push(fields?.count),
  };
  const given = (adminAddresses: readonly string[]) => ({ store, adminAddresses, clock: systemClock, log });

  await warnOfAdminLockout(given(['192.0.2.0/24']));
  assert.deepEqual(warnings, [], 'nobody administered yet');

  await use(one.adminKey, 'admin', '192.0.2.1');
  await use(one.adminKey, 'admin', '192.0.2.1');
  await use(openSecretText(made.secret), 'admin', '2001:db8::1');
  await use(one.testKey, 'runtime', '203.0.113.1');
  await access.usage.flush();
  assert.deepEqual(await adminLockout(given([])), { addresses: 2, refused: [] });
  assert.deepEqual(await adminLockout(given(['192.0.2.0/24'])), { addresses: 2, refused: ['2001:db8::1'] });
  assert.deepEqual((await adminLockout(given(['::ffff:192.0.2.0/120', '2001:db8::/32']))).refused, []);
  assert.deepEqual((await adminLockout(given(['203.0.113.0/24']))).refused, ['192.0.2.1', '2001:db8::1']);
  const later = { now: () => systemClock.now() + 25 * 3_600_000, monotonic: systemClock.monotonic };
  assert.equal((await adminLockout({ ...given(['203.0.113.0/24']), clock: later })).addresses, 0);

  await warnOfAdminLockout(given([]));
  await warnOfAdminLockout(given(['192.0.2.0/24']));
  assert.deepEqual(warnings, []);
  await warnOfAdminLockout(given(['203.0.113.0/24']));
  assert.deepEqual(warnings, [2]);
  await store.close();
  await warnOfAdminLockout(given(['203.0.113.0/24']));
  assert.deepEqual(warnings, [2, undefined], 'what can not be told stops no start');
});
