import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '@sallyport/gateway/base';
import { ownerOf } from '../dev/state-folder.ts';
import type { Check } from './examine.ts';

const check = 'database';

/** The database: reachable, fit, and at the version of this program. */
export const examineDatabase: Check = async ({ databaseUrl: url, stateDirectory, limits }) => {
  if (url === null) {
    const directory = join(stateDirectory, 'postgres');
    if ((await lstat(directory).catch(() => null)) === null) {
      return [
        {
          check,
          state: 'warn',
          message: 'none is configured, and no embedded one is there yet',
          remedy: 'Set DATABASE_URL, or run `npm start`.',
        },
      ];
    }
    const pid = await ownerOf(directory);
    return [
      {
        check,
        state: 'ok',
        message: pid === null ? 'embedded, not running' : `embedded, run by process ${pid}`,
      },
    ];
  }
  const { allMigrations, createStore, systemClock } = await import('@sallyport/gateway');
  const store = await createStore({ url, limits, log: silentLog, clock: systemClock });
  try {
    const { latencyMs } = await store.health();
    const applied = new Set(await store.applied());
    const missing = allMigrations.filter(({ number }) => !applied.has(number)).length;
    if (missing > 0)
      return [
        {
          check,
          state: 'fail',
          message: `lacks ${missing} migration(s)`,
          remedy: 'Run `sallyport migrate`.',
        },
      ];
    return [{ check, state: 'ok', message: `answers in ${Math.ceil(latencyMs)} ms, up to date` }];
  } finally {
    await store.close();
  }
};
