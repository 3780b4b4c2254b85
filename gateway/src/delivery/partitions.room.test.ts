// A delivery is written three times within its first second. Its month leaves room for that in each page, also a month that
// was made before months did; attempts are written once and need none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { limitsWith, openSecretText, silentLog, systemClock } from '#base';
import { createStore, migrate } from '#store';
import { withEmptyDatabase } from '#test/database';
import { allMigrations } from '../migrations.ts';
import { ensurePartitions } from './partitions.ts';

const FIRST_WITH_ROOM = 92;

test('each month of deliveries leaves room beside what is written, that of an older version too', async (t) => {
  const url = await withEmptyDatabase(t);
  await migrate({
    url,
    migrations: allMigrations.filter(({ number }) => number < FIRST_WITH_ROOM),
    log: silentLog,
  });
  const store = await createStore({ url, limits: limitsWith(), clock: systemClock, log: silentLog });
  t.after(() => store.close());
  const months = async (): Promise<readonly { name: string; options: string[] | null }[]> => {
    const client = new Client(openSecretText(url));
    await client.connect();
    try {
      const { rows } = await client.query<{ name: string; options: string[] | null }>(
        `select relname as name, reloptions as options from pg_class where relname ~ '^(deliveries|attempts)_[0-9]{6}$' order by 1`,
      );
      return rows;
    } finally {
      await client.end();
    }
  };

  await ensurePartitions({ store, clock: systemClock });
  const before = await months();
  assert.equal(before.length, 8);
  assert.ok(before.every(({ options }) => options === null));

  await migrate({ url, migrations: allMigrations, log: silentLog });
  const nextYear = { ...systemClock, now: () => systemClock.now() + 365 * 86_400_000 };
  await ensurePartitions({ store, clock: nextYear });
  const after = await months();
  assert.equal(after.length, 16);
  for (const { name, options } of after)
    assert.equal(options?.includes('fillfactor=60') ?? false, name.startsWith('deliveries'), name);
});
