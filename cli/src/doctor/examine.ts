import { lstat, statfs } from 'node:fs/promises';
import { type Config, insecurities } from '@sallyport/gateway/base';
import { toProblem } from '../problem.ts';
import { loadNamed } from '../production/load.ts';
import type { Options } from '../terminal/command.ts';
import { examineCertificate } from './certificate.ts';
import { examineDatabase } from './database.ts';
import { examineListener } from './listener.ts';
import { examinePlatforms } from './platforms.ts';

/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly remedy?: string;
  /** What our clock was compared with, and by how much it is ahead. */
  readonly clock?: { readonly host: string; readonly differenceMs: number };
}

/** A check: what it looks at, by the configuration. */
export type Check = (config: Config) => Promise<readonly Finding[]>;

const MIB = 1024 * 1024;
const DISK_WARN_BYTES = 1024 * MIB;
const DISK_FAIL_BYTES = 200 * MIB;
/** A clock before this program was written is wrong. */
const CLOCK_MIN_MS = Date.UTC(2026, 0, 1);
const CLOCK_AHEAD_MS = 60_000;

/** Runs every check; none throws. */
export async function examine(given: { options: Options; platforms: boolean }): Promise<readonly Finding[]> {
  let config: Config;
  try {
    ({ config } = loadNamed(given.options));
  } catch (thrown) {
    const { message, remedy, fields } = toProblem(thrown);
    const list = fields.map(({ path, problem }) => `${path} ${problem}`).join('; ');
    return [{ check: 'configuration', state: 'fail', message: list === '' ? message : list, remedy }];
  }
  const checks: readonly (readonly [string, Check])[] = [
    ['configuration', examineConfiguration],
    ['state folder', examineFolder],
    ['root key', examineRootKey],
    ['certificate', examineCertificate],
    ['database', examineDatabase],
    ['listener', examineListener],
    ['clock', examineClock],
    ['disk', examineDisk],
    ...(given.platforms ? ([['platforms', examinePlatforms]] as const) : []),
  ];
  const findings: Finding[] = [];
  for (const [check, run] of checks)
    findings.push(...(await run(config).catch((thrown: unknown) => [failure(check, thrown)])));
  return findings;
}

/** A check that could not be made has failed. */
export function failure(check: string, thrown: unknown): Finding {
  const { code, message, remedy } = toProblem(thrown);
  return { check, state: 'fail', message: `${message} [${code}]`, ...(remedy === '' ? {} : { remedy }) };
}

const examineConfiguration: Check = async (config) => {
  const check = 'configuration';
  const found = insecurities(config);
  if (found.length === 0) return [{ check, state: 'ok', message: 'is fit for production' }];
  // Without a database of its own it is a developer's: nothing to alarm anybody about, but not to be put into use.
  if (config.databaseUrl === null) {
    const codes = found.map(({ code }) => code).join(', ');
    return [
      { check, state: 'warn', message: `is for development; \`sallyport up\` would refuse it: ${codes}` },
    ];
  }
  return found.map(({ code, what, remedy }) => ({
    check,
    state: 'fail',
    message: `${what} [${code}]`,
    remedy,
  }));
};

const examineFolder: Check = async ({ stateDirectory, databaseUrl }) => {
  const check = 'state folder';
  const found = await lstat(stateDirectory).catch(() => null);
  if (found === null) {
    const message = `${stateDirectory} is not there yet`;
    return [
      { check, state: databaseUrl === null ? 'warn' : 'ok', message, remedy: 'The first start makes it.' },
    ];
  }
  if (!found.isDirectory())
    return [{ check, state: 'fail', message: `${stateDirectory} is not a folder`, remedy: 'Move it away.' }];
  if (found.uid !== process.geteuid?.()) {
    return [
      {
        check,
        state: 'fail',
        message: `${stateDirectory} belongs to another user`,
        remedy: 'Run as its owner.',
      },
    ];
  }
  if ((found.mode & 0o077) === 0) return [{ check, state: 'ok', message: stateDirectory }];
  return [
    {
      check,
      state: 'fail',
      message: 'is open to others than its owner',
      remedy: `chmod 700 ${stateDirectory}`,
    },
  ];
};

const examineRootKey: Check = async ({ rootKeyFile }) => {
  const check = 'root key';
  if ((await lstat(rootKeyFile).catch(() => null)) === null) {
    const remedy = 'Restore it from its backup; for the very first start: sallyport up --create-root-key';
    return [{ check, state: 'warn', message: `${rootKeyFile} is not there`, remedy }];
  }
  const { openFileKeyManager } = await import('@sallyport/gateway');
  const { id } = await openFileKeyManager({ file: rootKeyFile });
  return [{ check, state: 'ok', message: `${id}. Without it nothing can be opened: keep a copy elsewhere` }];
};

const examineClock: Check = async ({ audit: { checkpointDirectory } }) => {
  const check = 'clock';
  const now = Date.now();
  const remedy = 'Set the clock, and keep it with NTP: signatures and certificates depend on it.';
  if (now < CLOCK_MIN_MS)
    return [{ check, state: 'fail', message: `says ${new Date(now).toISOString()}`, remedy }];
  const newest = await lstat(checkpointDirectory).catch(() => null);
  if (newest !== null && newest.mtimeMs > now + CLOCK_AHEAD_MS) {
    return [{ check, state: 'fail', message: 'is behind the newest checkpoint of the log', remedy }];
  }
  return [{ check, state: 'ok', message: new Date(now).toISOString() }];
};

const examineDisk: Check = async ({ stateDirectory }) => {
  const check = 'disk';
  const { bavail, bsize } = await statfs(stateDirectory).catch(() => statfs('.'));
  const free = bavail * bsize;
  const message = `${Math.floor(free / MIB)} MiB free`;
  if (free >= DISK_WARN_BYTES) return [{ check, state: 'ok', message }];
  return [{ check, state: free < DISK_FAIL_BYTES ? 'fail' : 'warn', message, remedy: 'Free some space.' }];
};
