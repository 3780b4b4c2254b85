import { chown, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, randomBytes, toHex } from '#base';
import type { Binaries } from './binaries.ts';
import { syncDirectory, writeDurably } from './durable.ts';
import type { Home } from './home.ts';
import { type ProgramOptions, runProgram } from './program.ts';
import { embeddedFailed } from './trouble.ts';

/** The user of the gateway: owns the database, makes the two roles, is no superuser and can't pass by row security. */
export const CLUSTER_USER = 'sallyport';
export const CLUSTER_DATABASE = 'sallyport';
/** Owns the cluster; has no password, so that nobody signs in as it. */
const SUPERUSER = 'sallyport_admin';
const CREDENTIALS_FILE = 'credentials.json';
const VERSION = '18';

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
  // A directory that is there under its own name is whole: the rename comes last.
  const fresh = join(home.home, 'data.new');
  const passwordFile = join(home.home, 'initial-password');
  const program = (file: string, args: readonly string[], input?: string): ProgramOptions => ({
    file,
    args,
    account,
    cwd: home.home,
    ...(input === undefined ? {} : { input }),
  });
  await rm(fresh, { recursive: true, force: true });
  const password = toHex(randomBytes(24));
  try {
    await writeDurably(join(home.directory, CREDENTIALS_FILE), `${JSON.stringify({ password })}\n`);
    await writeFile(passwordFile, `${toHex(randomBytes(24))}\n`, { mode: 0o600 });
    if (account !== null) await chown(passwordFile, account.uid, account.gid);
  } catch (cause) {
    throw embeddedFailed({ detail: 'The state folder can not be written.', cause });
  }
  const initialise = ['-D', fresh, '-U', SUPERUSER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const locale = ['--encoding=UTF8', '--locale=C', '--data-checksums', '--no-sync', '--no-instructions'];
  await succeed(program(binaries.initdb, [...initialise, ...locale]));
  await rm(passwordFile, { force: true });
  // Single-user mode: one line, one command; its errors do not reach the exit code. The password is hexadecimal.
  const commands = [
    `create role ${CLUSTER_USER} login createdb createrole nosuperuser nobypassrls password '${password}'`,
    `create database ${CLUSTER_DATABASE} owner ${CLUSTER_USER}`,
    `alter role ${SUPERUSER} password null`,
  ];
  const single = ['--single', '-D', fresh, '-c', 'fsync=off', 'postgres'];
  const output = await succeed(program(binaries.postgres, single, `${commands.join('\n')}\n`));
  if (/(ERROR|FATAL|PANIC):/.test(output)) throw embeddedFailed({ output });
  await succeed(program(binaries.initdb, ['--sync-only', '-D', fresh]));
  await rename(fresh, home.data);
  await syncDirectory(home.home);
  return password;
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
    throw embeddedFailed({ detail: 'The password of the database is missing. Restore the state folder from a backup.' });
  }
  return match[1];
}
