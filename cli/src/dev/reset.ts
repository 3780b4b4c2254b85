import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config, Log } from '@sallyport/gateway';
import { Problem, usageProblem } from '../problem.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { stateFolderAt } from './state-folder.ts';

/**
 * Deletes what earlier starts have kept, after asking. Only names that are ours: what else lies in the folder stays.
 * Throws `RESET_REFUSED` with a database of one's own, and `ALREADY_RUNNING`.
 */
export async function resetState(given: {
  readonly terminal: Terminal;
  readonly config: Config;
  readonly yes: boolean;
  readonly log: Log;
}): Promise<void> {
  const { terminal, config, yes, log } = given;
  if (config.databaseUrl !== null) {
    throw new Problem({
      code: 'RESET_REFUSED',
      message: '--reset deletes no database that DATABASE_URL names.',
      remedy: 'Drop its schema yourself (drop schema sallyport cascade), and remove the state folder.',
    });
  }
  const folder = stateFolderAt(config.stateDirectory);
  const found = await lstat(folder.path).catch(() => null);
  // What is not a folder of ours is the start's to refuse.
  if (found === null || !found.isDirectory() || found.uid !== process.geteuid?.()) return;
  if (!yes) await confirm(terminal, folder.path);
  const { claim, removeEmbedded } = await import('@sallyport/gateway');
  const release = await claim(folder.path);
  try {
    await removeEmbedded({ directory: folder.postgres, log });
    const { tls, checkpoints, compiled, sandboxFile, demoFile, demoKeyFile, demoSecretFile, profileFile } =
      folder;
    const ours = [
      tls,
      checkpoints,
      compiled,
      sandboxFile,
      demoFile,
      demoKeyFile,
      demoSecretFile,
      profileFile,
    ];
    // Last, so that a reset that is cut off never leaves data without the key that opens it.
    for (const path of [...ours, join(folder.path, 'root.key')])
      await rm(path, { recursive: true, force: true });
  } finally {
    await release();
  }
}

async function confirm(terminal: Terminal, path: string): Promise<void> {
  if (!terminal.interactive) {
    throw usageProblem(
      '--reset deletes everything that was kept, and nobody can be asked here.',
      'Add --yes.',
    );
  }
  const { confirm: ask, isCancel } = await import('@clack/prompts');
  const answer = await ask({
    message: `Delete everything in ${path}: database, keys, log and certificates?`,
    initialValue: false,
    output: process.stderr,
  });
  if (isCancel(answer) || !answer) {
    throw new Problem({
      code: 'CANCELLED',
      message: 'Nothing was deleted.',
      remedy: 'Start without --reset to go on.',
    });
  }
}
