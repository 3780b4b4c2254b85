// node:crypto here: a random name for the unfinished file, so that two writers never share one.
import { randomUUID } from 'node:crypto';
import { lstat, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file of mode 0600 whole or not at all: a crash leaves the old one or the new one. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.unfinished`;
  try {
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
    const folder = await open(dirname(path), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (thrown) {
    await rm(unfinished, { force: true });
    throw thrown;
  }
}

/** The text of a file that only we can read; `null` when there is none, or it is not such a file. */
export async function readPrivate(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null || !found.isFile() || found.uid !== process.geteuid?.() || (found.mode & 0o077) !== 0)
    return null;
  return readFile(path, 'utf8').catch(() => null);
}

/** The same as parsed JSON; `null` also when it is none. */
export async function readPrivateJson(path: string): Promise<unknown> {
  const text = await readPrivate(path);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}
