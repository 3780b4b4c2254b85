import { constants } from 'node:fs';
import { type FileHandle, link, open, readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault, randomBytes, textOf, toHex, utf8 } from '#base';
import { KEY_BYTES } from './chunked.ts';
import { formatRootKey, ROOT_KEY_FILE_BYTES_MAX, type RootKey, readRootKey } from './root-key-text.ts';

const UNFINISHED = '.unfinished';

/**
 * Reads a root key file, or with `create` makes one when there is none. Throws `ROOT_KEY_INVALID` when it is missing,
 * is a link, may be read by others, belongs to another user, or was cut off or changed.
 */
export async function readRootKeyFile(file: string, options: { create?: boolean } = {}): Promise<RootKey> {
  const found = await readExisting(file);
  if (found !== null) return found;
  if (options.create !== true) throw invalid('There is no root key file.');
  await createFile(file);
  const made = await readExisting(file);
  if (made === null) throw invalid('The root key file vanished while it was being made.');
  await removeUnfinished(file);
  return made;
}

async function readExisting(file: string): Promise<RootKey | null> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP') throw invalid('The root key file is a symbolic link.', cause);
    throw invalid('The root key file can not be read.', cause);
  }
  try {
    // What is checked is what was opened: by its handle, never by its name a second time.
    const { mode, uid, size, isFile } = await statOf(handle);
    if (!isFile) throw invalid('The root key file is not a regular file.');
    if (process.getuid !== undefined && uid !== process.getuid()) {
      throw invalid('The root key file belongs to another user.');
    }
    if ((mode & 0o177) !== 0)
      throw invalid(`The root key file has mode ${(mode & 0o777).toString(8)}; 600 is needed.`);
    if (size === 0) throw invalid('The root key file is empty.');
    if (size > ROOT_KEY_FILE_BYTES_MAX) throw invalid('The root key file is too large to be one.');
    const reading = readRootKey(await readText(handle));
    if (reading.ok) return reading.rootKey;
    throw invalid(
      reading.reason === 'checksum'
        ? 'The root key file was changed: its checksum does not fit.'
        : 'The root key file is cut off, changed, or not a root key file.',
    );
  } finally {
    await handle.close();
  }
}

async function statOf(
  handle: FileHandle,
): Promise<{ mode: number; uid: number; size: number; isFile: boolean }> {
  const status = await handle.stat();
  return { mode: status.mode, uid: status.uid, size: status.size, isFile: status.isFile() };
}

async function readText(handle: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(ROOT_KEY_FILE_BYTES_MAX + 1);
  try {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return textOf(buffer.subarray(0, bytesRead));
  } catch (cause) {
    throw invalid('The root key file can not be read as text.', cause);
  } finally {
    buffer.fill(0);
  }
}

/**
 * Writes the whole file under another name, brings it to disk, and only then gives it its name: `link` fails when the
 * name is taken. Neither a race nor a crash leaves half a key behind the name.
 */
async function createFile(file: string): Promise<void> {
  const key = randomBytes(KEY_BYTES);
  const text = formatRootKey({ id: `rk_${toHex(randomBytes(16))}`, key });
  const unfinished = `${file}.${toHex(randomBytes(8))}${UNFINISHED}`;
  try {
    const handle = await open(unfinished, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await handle.chmod(0o600); // whatever the umask took away
      await handle.writeFile(utf8(text));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(unfinished, file).catch((cause: unknown) => {
      // Another process was first (and may have tidied ours away): its key is the one.
      if (!['EEXIST', 'ENOENT'].includes(codeOf(cause))) throw cause;
    });
    await syncDirectory(dirname(file));
  } catch (cause) {
    throw invalid('The root key file can not be made.', cause);
  } finally {
    key.fill(0);
    await unlink(unfinished).catch(() => undefined);
  }
}

/** Removes what a crash between writing and naming left behind; once the key has its name nobody needs those. */
async function removeUnfinished(file: string): Promise<void> {
  const folder = dirname(file);
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${basename(file)}.`) && name.endsWith(UNFINISHED)) {
      await unlink(join(folder, name)).catch(() => undefined);
    }
  }
  await syncDirectory(folder);
}

async function syncDirectory(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function invalid(detail: string, cause?: unknown): Fault {
  return new Fault('ROOT_KEY_INVALID', { detail, cause });
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
