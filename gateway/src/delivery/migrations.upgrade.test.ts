// A destination from before there were several secrets keeps its own over the upgrade: what is delivered then verifies with it.
// Invariant "`kill -9` at any point loses no … token"; K1.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { type AuditPort, limitsWith, newId, openSecretText, silentLog, systemClock } from '#base';
import { createKeyring, openFileKeyManager } from '#keyring';
import { createStore, migrate } from '#store';
import { withEmptyDatabase } from '#test/database';
import { allMigrations } from '../migrations.ts';
import { createDestinationsInUse } from './in-use.ts';

const FIRST_WITH_SEVERAL = 82;
const nothing: AuditPort = { record: async () => undefined, note: async () => undefined };

test('the secret that was sealed as the destination’s own opens as the first of several, and is active as before', async (t) => {
  const url = await withEmptyDatabase(t);
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const isLater = (number: number): boolean => number >= FIRST_WITH_SEVERAL && number < 100;
  const before = allMigrations.filter(({ number }) => !isLater(number));
  assert.ok(before.length < allMigrations.length);
  await migrate({ url, migrations: before, log: silentLog });
  const ports = { limits: limitsWith(), clock: systemClock, log: silentLog };
  const store = await createStore({ url, ...ports });
  t.after(() => store.close());
  const keyManager = await openFileKeyManager({ file: join(directory, 'root.key'), create: true });
  const keyring = createKeyring({ store, keyManager, audit: nothing, clock: systemClock, log: silentLog });
  const environment = newId('environment', systemClock);
  const organization = newId('organization', systemClock);
  const destination = newId('destination', systemClock);
  const secret = Buffer.alloc(32, 5);
  const owner = new Client(openSecretText(url));
  await owner.connect();
  try {
    await owner.query('set search_path = sallyport');
    for (const table of ['organizations', 'environments', 'destinations'])
      await owner.query(`alter table ${table} no force row level security`);
    await owner.query(`insert into organizations (id, name, created_at) values ($1, 'old', now())`, [
      organization,
    ]);
    await owner.query(
      `insert into environments (environment_id, organization_id, name, kind, region, created_at)
       values ($1, $2, 'old', 'development', 'eu', now())`,
      [environment, organization],
    );
    const sealer = await keyring.sealer(environment, 'destinations');
    const sealed = Buffer.from(sealer.seal({ record: destination, field: 'secret' }, secret));
    await owner.query(
      `insert into destinations (environment_id, id, name, url, state, sealed_secret, created_at)
       values ($1, $2, 'old', 'https://app.test/hooks?a=1', 'active', $3, now())`,
      [environment, destination, sealed],
    );
    for (const table of ['organizations', 'environments', 'destinations'])
      await owner.query(`alter table ${table} force row level security`);
    await migrate({ url, migrations: allMigrations, log: silentLog });
  } finally {
    await owner.end();
  }
  const found = await createDestinationsInUse({ store, keyring, ...ports }).get(environment, destination);
  assert.deepEqual(found?.secrets, [{ value: `whsec_${secret.toString('base64')}`, endsAtMs: null }]);
  assert.deepEqual(
    [found?.origin, found?.target, found?.settings.signature],
    ['https://app.test', '/hooks?a=1', 'standard-webhooks'],
  );
});
