import { chmod, lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { Problem } from '../problem.ts';

/** What `dev` keeps between starts, by name. All of it is below one folder of mode 0700. */
export interface StateFolder {
  readonly path: string;
  readonly postgres: string;
  readonly tls: string;
  readonly checkpoints: string;
  readonly compiled: string;
  /** What the sandbox knows as "the platform": credentials and the webhook's secret. */
  readonly sandboxFile: string;
  /** What the demo application was given. */
  readonly demoFile: string;
  readonly demoKeyFile: string;
  readonly demoSecretFile: string;
  /** Where this command line finds the gateway and its key. */
  readonly profileFile: string;
}

/** The names in a state folder, for those that only look. */
export function stateFolderAt(path: string): StateFolder {
  const at = (name: string): string => join(path, name);
  return Object.freeze({
    path,
    postgres: at('postgres'),
    tls: at('tls'),
    checkpoints: at('checkpoints'),
    compiled: at('compiled'),
    sandboxFile: at('sandbox.json'),
    demoFile: at('demo.json'),
    demoKeyFile: at('demo.key'),
    demoSecretFile: at('demo.secret'),
    profileFile: at('cli.json'),
  });
}

/** Makes the folder, or checks that the one there is ours alone, tightening its mode; and keeps compiled sources in it. */
export async function openStateFolder(path: string): Promise<StateFolder> {
  const folder = stateFolderAt(path);
  const there = await lstat(path).catch(() => null);
  if (there === null) await make(path);
  else await check(path, there);
  await tighten(folder.tls);
  await writeFile(join(path, '.gitignore'), '*\n', { mode: 0o600 });
  enableCompileCache(folder.compiled);
  return folder;
}

async function make(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    if (code !== 'ENOTDIR' && code !== 'EEXIST') throw cause;
    throw damaged(`The state folder ${path} can not be made: a file is in its way.`);
  }
}

async function check(
  path: string,
  found: { isDirectory(): boolean; uid: number; mode: number },
): Promise<void> {
  if (!found.isDirectory()) throw damaged(`The state folder ${path} is not a folder.`);
  if (found.uid !== process.geteuid?.()) {
    throw new Problem({
      code: 'STATE_FOLDER_FOREIGN',
      message: `The state folder ${path} belongs to another user.`,
      remedy: 'Start as its owner, or name a folder of your own: SALLYPORT_STATE_DIRECTORY=<folder>',
    });
  }
  if ((found.mode & 0o077) !== 0 || (found.mode & 0o700) !== 0o700) await chmod(path, 0o700);
}

async function tighten(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  const found = await lstat(path);
  if (!found.isDirectory()) throw damaged(`${path} is not a folder.`);
  await chmod(path, 0o700);
}

/** Which process has the folder, as far as it says; for a message only. */
export async function ownerOf(path: string): Promise<number | null> {
  const text = await readFile(join(path, 'owner.json'), 'utf8').catch(() => '');
  const pid = Number(/^\{"pid":([0-9]{1,10}),/.exec(text)?.[1]);
  return Number.isInteger(pid) ? pid : null;
}

function damaged(message: string): Problem {
  return new Problem({
    code: 'STATE_FOLDER_DAMAGED',
    message,
    remedy: 'Move it away and start again, or name another folder: SALLYPORT_STATE_DIRECTORY=<folder>',
  });
}
