// A key from before scopes and secrets keeps what it could do over the upgrade, and so does its bearer token. U4 Q10; invariant
// "`kill -9` at any point loses no … token".
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { createAccess, scopesOf } from '#access';
import { createAudit } from '#audit';
import {
  type AuditPort,
  limitsWith,
  newId,
  openSecretText,
  SYSTEM,
  silentLog,
  systemClock,
  utf8,
} from '#base';
import { createEnvironments } from '#environments';
import { createKeyring, openFileKeyManager } from '#keyring';
import { createStore, migrate } from '#store';
import { withEmptyDatabase } from '#test/database';
import { allMigrations } from '../migrations.ts';
import { newCredentialText } from './credential-text.ts';

/** What there was before keys were given scopes and secrets of their own; later ones have lower numbers, too. */
const BEFORE: readonly number[] = [1, 10, 20, 30, 40, 41, 50, 60, 80];
/** What came into being after them: nobody has it who was not given it. */
const LATER: ReadonlySet<string> = new Set(['events:decide', 'events:pull', 'events:send']);
const nothing: AuditPort = { record: async () => undefined, note: async () => undefined };

test('keys and tokens of an older version work after the upgrade, with every scope that their kind had, and no more', async (t) => {
  const url = await withEmptyDatabase(t);
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const old = allMigrations.filter(({ number }) => BEFORE.includes(number));
  assert.equal(old.length, BEFORE.length);
  await migrate({ url, migrations: old, log: silentLog });
  const limits = limitsWith();
  const shared = { limits, clock: systemClock, log: silentLog };
  const keyManager = await openFileKeyManager({ file: join(directory, 'root.key'), create: true });
  const store = await createStore({ url, ...shared });
  t.after(() => store.close());
  const keyring = createKeyring({ store, keyManager, audit: nothing, clock: systemClock, log: silentLog });
  const pepper = await keyring.pepper();
  const digestOf = (text: string): Buffer => Buffer.from(pepper.digest(pepper.current, utf8(text)));
  const organization = newId('organization', systemClock);
  const environment = newId('environment', systemClock);
  const made = (['test', 'admin'] as const).map((kind) => ({
    kind,
    id: newId('key', systemClock),
    text: newCredentialText(kind),
  }));
  const token = newCredentialText('bearer');
  const client = new Client(openSecretText(url));
  await client.connect();
  try {
    await client.query('set search_path = sallyport');
    const rows: readonly (readonly [string, readonly unknown[]])[] = [
      [`insert into organizations (id, name, created_at) values ($1, 'old', now())`, [organization]],
      [
        `insert into environments (environment_id, organization_id, name, kind, region, created_at)
         values ($1, $2, 'old', 'development', 'eu', now())`,
        [environment, organization],
      ],
      ...made.map(
        ({ kind, id, text }) =>
          [
            `insert into api_keys (environment_id, id, kind, name, pepper_version, digest, created_at)
             values ($1, $2, $3, $3, $4, $5, now())`,
            [environment, id, kind, pepper.current, digestOf(text)],
          ] as const,
      ),
      [
        `insert into bearer_tokens (environment_id, id, key_id, pepper_version, digest, created_at, expires_at)
         values ($1, 'btk_old', $2, $3, $4, now(), now() + interval '1 hour')`,
        [environment, made[0]?.id, pepper.current, digestOf(token)],
      ],
    ];
    for (const table of ['organizations', 'environments', 'api_keys', 'bearer_tokens'])
      await client.query(`alter table ${table} no force row level security`);
    for (const [text, values] of rows) await client.query(text, [...values]);
    for (const table of ['organizations', 'environments', 'api_keys', 'bearer_tokens'])
      await client.query(`alter table ${table} force row level security`);
  } finally {
    await client.end();
  }

  await migrate({ url, migrations: allMigrations, log: silentLog });
  const audit = createAudit({ store, keyring, ...shared, sinks: [] });
  const environments = createEnvironments({ store, audit, limits, clock: systemClock });
  const access = createAccess({ store, keyring, environments, audit, ...shared });
  t.after(() => access.stop());
  for (const { kind, id, text } of made) {
    const surface = kind === 'admin' ? 'admin' : 'runtime';
    const principal = await access.authenticate({ authorization: `Bearer ${text}`, surface, actor: SYSTEM });
    const scopes = scopesOf(kind).filter((scope) => !LATER.has(scope));
    assert.deepEqual([principal.key, principal.scopes.toSorted()], [id, scopes.toSorted()]);
    assert.equal((await access.keys.secrets({ environment, key: id })).length, 1);
  }
  const authorization = `Bearer ${token}`;
  const held = await access.authenticate({ authorization, surface: 'runtime', actor: SYSTEM });
  assert.deepEqual([held.key, held.via], [made[0]?.id, 'bearer']);
  // What it was made from can be replaced like any other.
  await access.rotation.rotate({ environment, key: made[0]?.id ?? assert.fail() }, SYSTEM);
});
