import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '@sallyport/gateway/base';
import { ownerOf } from '../dev/state-folder.ts';
import type { Check, Finding } from './examine.ts';

const check = 'database';

const SHOWN_MAX = 10;

/** The database: reachable, fit, and at the version of this program; and what it knows of who administers. */
export const examineDatabase: Check = async ({ databaseUrl: url, stateDirectory, limits, admin }) => {
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
  const { adminLockout, allMigrations, createStore, systemClock } = await import('@sallyport/gateway');
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
    const ranges = admin.allowedAddresses;
    return [
      { check, state: 'ok', message: `answers in ${Math.ceil(latencyMs)} ms, up to date` },
      administration(ranges, await adminLockout({ store, adminAddresses: ranges, clock: systemClock })),
    ];
  } finally {
    await store.close();
  }
};

/** Who administered within the last day, and whom of them `admin.allowedAddresses` would refuse. */
function administration(
  ranges: readonly string[],
  { addresses, refused }: { readonly addresses: number; readonly refused: readonly string[] },
): Finding {
  const check = 'admin access';
  if (ranges.length === 0)
    return { check, state: 'ok', message: 'from every address: admin.allowedAddresses is not set' };
  if (refused.length === 0) {
    const message = `admin.allowedAddresses lets in all ${addresses} address(es) that administered in the last day`;
    return { check, state: 'ok', message };
  }
  const names = refused.slice(0, SHOWN_MAX).join(', ');
  const more = refused.length > SHOWN_MAX ? ` and ${refused.length - SHOWN_MAX} more` : '';
  return {
    check,
    state: 'warn',
    message: `admin.allowedAddresses refuses ${refused.length} of ${addresses} address(es) that administered in the last day: ${names}${more}`,
    remedy: 'Add those that are yours; if one is a proxy, name it in trustedProxies first.',
  };
}
