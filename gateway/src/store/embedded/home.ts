import { chmod, chown, lstat, mkdir, mkdtemp, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Fault, newId, systemClock } from '#base';
import { type Account, serviceAccount } from './account.ts';
import { writeDurably } from './durable.ts';
import { embeddedFailed } from './trouble.ts';

/** Where the embedded server of one state folder lives. */
export interface Home {
  /** The caller's folder: credentials, log, what else is ours. */
  readonly directory: string;
  /** Data and copies of binaries; when we are root, in a folder that the account can pass through but not change. */
  readonly home: string;
  readonly data: string;
  /** Where the Unix socket is. */
  readonly socket: string;
  readonly account: Account;
}

interface Location {
  readonly home: string | null;
  readonly socket: string | null;
}

/** Root's servers: an unprivileged user can't reach a folder inside `.sallyport`, which stays 0700. */
const SHARED_HOME = '/var/lib/sallyport';
const SHARED_NAME = /^\/var\/lib\/sallyport\/[0-9a-z]{26}$/;
const SOCKET_NAME = /^\/[^\0]*\/sallyport-[A-Za-z0-9]{6}$/;
const LOCATION_FILE = 'location.json';
/** `sun_path` holds 108 bytes on Linux, 104 on macOS. */
const SOCKET_PATH_BYTES_MAX = 100;
const SOCKET_FILE = '/.s.PGSQL.5432';

/** Finds or makes the folders of a server, each private to one user, without loosening any that is there. */
export async function openHome(given: string): Promise<Home> {
  await privateDirectory(given, null);
  const directory = await realpath(given);
  const location = await readLocation(directory);
  const account = await serviceAccount();
  const home = account === null ? directory : await realpath(await sharedHome(location.home));
  const own = join(home, 'socket');
  const short = Buffer.byteLength(own + SOCKET_FILE) <= SOCKET_PATH_BYTES_MAX;
  if (short) await privateDirectory(own, account);
  const socket = short ? own : await temporarySocket(location.socket, account);
  const found = {
    home: account === null ? null : join(SHARED_HOME, basename(home)),
    socket: short ? null : socket,
  };
  if (found.home !== location.home || found.socket !== location.socket) {
    await writeDurably(join(directory, LOCATION_FILE), `${JSON.stringify(found)}\n`);
  }
  return { directory, home, data: join(home, 'data'), socket, account };
}

/** What `location.json` says, when it says it in our form. */
export async function readLocation(directory: string): Promise<Location> {
  const text = await readFile(join(directory, LOCATION_FILE), 'utf8').catch(() => '{}');
  const stored = parsed(text);
  const home = text === '{}' ? null : stored.home;
  if (home !== null && !SHARED_NAME.test(home)) throw damaged();
  if (stored.socket !== null && !SOCKET_NAME.test(stored.socket)) throw damaged();
  return { home, socket: stored.socket };
}

function parsed(text: string): Location {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) throw damaged();
    const home = 'home' in value && typeof value.home === 'string' ? value.home : null;
    const socket = 'socket' in value && typeof value.socket === 'string' ? value.socket : null;
    return { home, socket };
  } catch {
    throw damaged();
  }
}

async function sharedHome(recorded: string | null): Promise<string> {
  await mkdir(SHARED_HOME, { mode: 0o711 }).catch(ignoreExisting);
  const parent = await lstat(SHARED_HOME);
  if (!parent.isDirectory() || parent.uid !== 0 || (parent.mode & 0o022) !== 0) {
    throw embeddedFailed({
      detail: `The folder ${SHARED_HOME} must belong to root and be writable by root alone.`,
    });
  }
  const home = recorded ?? join(SHARED_HOME, newId('secret', systemClock).slice('sec_'.length));
  if (recorded === null) await mkdir(home, { mode: 0o711 });
  const own = await lstat(home).catch(() => null);
  if (own === null || !own.isDirectory()) throw damaged();
  // Root's, not the account's: whoever can change a folder can lead what root writes there elsewhere, by a link.
  await chown(home, 0, 0);
  await chmod(home, 0o711);
  return home;
}

async function temporarySocket(recorded: string | null, account: Account): Promise<string> {
  if (recorded !== null && (await isPrivate(recorded, account))) return recorded;
  for (const parent of [tmpdir(), '/tmp']) {
    const place = join(parent, 'sallyport-XXXXXX');
    if (Buffer.byteLength(place + SOCKET_FILE) > SOCKET_PATH_BYTES_MAX) continue;
    const made = await mkdtemp(join(parent, 'sallyport-')).catch(() => null); // 0700
    if (made === null) continue;
    if (account !== null) await chown(made, account.uid, account.gid);
    return made;
  }
  throw embeddedFailed({
    detail: 'The path of the state folder is too long for a socket, and so is the temporary folder.',
  });
}

/** Makes a folder of mode 0700 that belongs to the account, or checks that the one there is just that. */
async function privateDirectory(path: string, account: Account): Promise<void> {
  try {
    await mkdir(path, { recursive: account === null, mode: 0o700 });
    if (account !== null) await chown(path, account.uid, account.gid);
  } catch (error) {
    if ((await lstat(path).catch(() => null)) === null) {
      throw embeddedFailed({
        detail: 'The state folder can not be entered or written by this user.',
        cause: error,
      });
    }
  }
  // Tightening our own folder is safe; a folder of somebody else's, or a link, is not ours to touch.
  const stat = await lstat(path);
  if (stat.isDirectory() && stat.uid === (account?.uid ?? process.geteuid?.())) await chmod(path, 0o700);
  if (!(await isPrivate(path, account))) {
    throw embeddedFailed({
      detail:
        'The state folder belongs to another user, or is a link. Start as its owner, or use another folder.',
    });
  }
}

/** Tells whether a path is a real folder that only its account can enter. */
export async function isPrivate(path: string, account: Account): Promise<boolean> {
  const stat = await lstat(path).catch(() => null);
  if (stat === null || !stat.isDirectory()) return false;
  return stat.uid === (account?.uid ?? process.geteuid?.()) && (stat.mode & 0o777) === 0o700;
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
    throw embeddedFailed({ detail: `The folder ${SHARED_HOME} could not be made.`, cause: error });
  }
}

function damaged(): Fault {
  return embeddedFailed({
    detail: 'The state folder is damaged. Restore it from a backup, or start anew with --reset.',
  });
}
