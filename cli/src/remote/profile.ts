import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readPrivateJson, writePrivate } from '../dev/private-file.ts';
import { Problem } from '../problem.ts';

const shape = z.strictObject({
  url: z.url({ protocol: /^https$/ }),
  caFile: z.string().min(1),
  environment: z.string().min(1),
  adminKey: z.strictObject({ id: z.string().min(1), secret: z.string().min(1) }),
});

/** Where the gateway of `dev` is and the key to administer it with, for commands that follow. */
export type Profile = z.output<typeof shape>;

const DEPTH_MAX = 32;

export async function writeProfile(file: string, profile: Profile): Promise<void> {
  await writePrivate(file, `${JSON.stringify(profile)}\n`);
}

/** The profile in a file; `null` when there is none that can be read. */
export async function readProfile(file: string): Promise<Profile | null> {
  const found = shape.safeParse(await readPrivateJson(file));
  return found.success ? found.data : null;
}

/**
 * The profile of the state folder named, or of the nearest `.sallyport` at or above a folder. One that others may read
 * or write, or that is another user's, is refused: it would decide where a key is sent.
 */
export async function findProfile(given: {
  cwd: string;
  stateDirectory: string | undefined;
}): Promise<Profile | null> {
  for (const folder of candidates(given)) {
    const file = join(folder, 'cli.json');
    const found = await lstat(file).catch(() => null);
    if (found === null) continue;
    if (found.uid !== process.geteuid?.() || (found.mode & 0o077) !== 0) throw loose(file);
    const profile = await readProfile(file);
    if (profile === null) throw damaged(file);
    return profile;
  }
  return null;
}

function candidates({ cwd, stateDirectory }: { cwd: string; stateDirectory: string | undefined }): string[] {
  if (stateDirectory !== undefined) return [stateDirectory];
  const folders: string[] = [];
  for (let at = cwd; folders.length < DEPTH_MAX; at = dirname(at)) {
    folders.push(join(at, '.sallyport'));
    if (at === dirname(at)) break;
  }
  return folders;
}

function loose(file: string): Problem {
  return new Problem({
    code: 'PROFILE_LOOSE',
    message: `${file} holds a key and belongs to another user, or others may read it.`,
    remedy: 'Start `npm start` again as its owner, or set SALLYPORT_URL and SALLYPORT_ADMIN_KEY_FILE.',
  });
}

function damaged(file: string): Problem {
  return new Problem({
    code: 'PROFILE_DAMAGED',
    message: `${file} can not be understood.`,
    remedy:
      'Start `npm start` again, which writes it anew, or set SALLYPORT_URL and SALLYPORT_ADMIN_KEY_FILE.',
  });
}
