import { chown, lstat, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, type Log, newId, randomBytes, systemClock, toHex } from '#base';
import type { Binaries } from './binaries.ts';
import { syncDirectory, writeDurably } from './durable.ts';
import type { Home } from './home.ts';
import { type ProgramOptions, runProgram } from './program.ts';
import { removeAs } from './remove.ts';
import { embeddedFailed } from './trouble.ts';

/** The user of the gateway: owns the database, makes the two roles, is no superuser and can't pass by row security. */
export const CLUSTER_USER = 'sallyport';
export const CLUSTER_DATABASE = 'sallyport';
/** Owns the cluster; has no password, so that nobody signs in as it. */
const SUPERUSER = 'sallyport_admin';
const CREDENTIALS_FILE = 'credentials.json';
const VERSION = '18';
const WORKSHOP_PREFIX = 'making-';

/** Makes the data directory unless it is there, and gives the password of {@link CLUSTER_USER}. */
export async function ensureCluster(options: { home: Home; binaries: Binaries; log: Log }): Promise<string> {
  const { home, log } = options;
  const existing = await lstat(home.data).catch(() => null);
  if (existing === null) {
    log.info('Making the embedded database.');
    return await make(options);
  }
  const version = await readFile(join(home.data, 'PG_VERSION'), 'utf8').catch(() => '');
  if (version.trim() === '') throw embeddedFailed({ output: 'is missing' });
  if (version.trim() !== VERSION) throw embeddedFailed({ output: 'was initialized by PostgreSQL version' });
  return await readPassword(home.directory);
}

async function make(options: { home: Home; binaries: Binaries }): Promise<string> {
  const { home, binaries } = options;
  const { account } = home;
  await clear(home);
  const password = toHex(randomBytes(24));
  // A name of its own: after a kill -9, an initdb of an earlier run may still write into its folder.
  const workshop = join(home.home, `${WORKSHOP_PREFIX}${newId('request', systemClock)}`);
  const fresh = join(workshop, 'data');
  try {
    await writeDurably(join(home.directory, CREDENTIALS_FILE), `${JSON.stringify({ password })}\n`);
    await mkdir(workshop, { mode: 0o700 });
    await initialise({ home, binaries, workshop, fresh });
    await equip({ home, binaries, fresh, password });
    await succeed({ file: binaries.initdb, args: ['--sync-only', '-D', fresh], account, cwd: home.home });
    // A directory that is there under its own name is whole: the rename comes last.
    await rename(fresh, home.data);
    await syncDirectory(home.home);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw embeddedFailed({ detail: 'The state folder can not be written.', cause });
  } finally {
    await clear(home); // a full disk must not stay full
  }
  return password;
}

/** Removes what unfinished runs left. What one of them still writes into is left to a later call. */
async function clear(home: Home): Promise<void> {
  for (const name of await readdir(home.home)) {
    if (!name.startsWith(WORKSHOP_PREFIX)) continue;
    await removeAs(home.account, join(home.home, name)).catch(() => undefined);
  }
}

async function initialise(options: {
  home: Home;
  binaries: Binaries;
  workshop: string;
  fresh: string;
}): Promise<void> {
  const { home, binaries, workshop, fresh } = options;
  const { account } = home;
  const passwordFile = join(workshop, 'password');
  await writeFile(passwordFile, `${toHex(randomBytes(24))}\n`, { mode: 0o600 });
  if (account !== null) {
    await chown(passwordFile, account.uid, account.gid);
    await chown(workshop, account.uid, account.gid); // the last that root does in there
  }
  const access = ['-U', SUPERUSER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const form = ['--encoding=UTF8', '--locale=C', '--data-checksums', '--no-sync', '--no-instructions'];
  await succeed({ file: binaries.initdb, args: ['-D', fresh, ...access, ...form], account, cwd: home.home });
}

async function equip(options: {
  home: Home;
  binaries: Binaries;
  fresh: string;
  password: string;
}): Promise<void> {
  const { home, binaries, fresh, password } = options;
  // Single-user mode: a command a line; its errors do not reach the exit code. The password is hexadecimal.
  const commands = [
    `create role ${CLUSTER_USER} login createdb createrole nosuperuser nobypassrls password '${password}'`,
    `create database ${CLUSTER_DATABASE} owner ${CLUSTER_USER}`,
    `alter role ${SUPERUSER} password null`,
  ];
  const output = await succeed({
    file: binaries.postgres,
    args: ['--single', '-D', fresh, '-c', 'fsync=off', '-c', 'log_min_error_statement=panic', 'postgres'],
    account: home.account,
    cwd: home.home,
    input: `${commands.join('\n')}\n`,
  });
  if (/(ERROR|FATAL|PANIC):/.test(output))
    throw embeddedFailed({ detail: 'The database could not be made.', output });
}

async function succeed(options: ProgramOptions): Promise<string> {
  const { status, output } = await runProgram(options);
  if (status !== 0) throw embeddedFailed({ detail: 'The database could not be made.', output });
  return output;
}

async function readPassword(directory: string): Promise<string> {
  const text = await readFile(join(directory, CREDENTIALS_FILE), 'utf8').catch(() => '');
  const match = /^\{"password":"([0-9a-f]{48})"\}\n$/.exec(text);
  if (match?.[1] === undefined) {
    throw embeddedFailed({
      detail: 'The password of the database is missing. Restore the state folder from a backup.',
    });
  }
  return match[1];
}
