import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Socket paths end at 104 to 108 bytes, and a server's socket lies some folders below the run directory. */
const temporaryPathMax = 40;

/** Where a run writes. */
export interface RunDirectory {
  readonly path: string;
  /** For sources as Node has compiled them. Beside it, since it holds the text of the canaries. */
  readonly compiled: string;
  /** Deletes all of it, or with `keep` only what is of no use afterwards. */
  remove(options: { readonly keep: boolean }): Promise<void>;
}

/**
 * Makes the folder in which everything that a run writes is kept for the leak check: `output` (what test files print), `events`,
 * `planted` (which canaries were used) and `tmp` (the tests' TMPDIR).
 */
export async function createRunDirectory(): Promise<RunDirectory> {
  const parent = await temporaryFolder();
  const path = await mkdtemp(join(parent, 'sallyport-'));
  const compiled = await mkdtemp(join(parent, 'sallyport-compiled-'));
  for (const name of ['output', 'events', 'planted', 'tmp']) await mkdir(join(path, name));
  // A database server never runs as root: as root it changes to another user, who has to get through to its own folder.
  await chmod(path, 0o711);
  await chmod(join(path, 'tmp'), 0o711);
  return {
    path,
    compiled,
    async remove() {
      for (const folder of [path, compiled])
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function temporaryFolder(): Promise<string> {
  const usual = await realpath(tmpdir());
  if (usual.length <= temporaryPathMax) return usual;
  try {
    accessSync('/tmp', constants.W_OK);
    return await realpath('/tmp');
  } catch {
    return usual;
  }
}
