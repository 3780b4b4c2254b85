import { lstat, rm, rmdir } from 'node:fs/promises';
import type { Account } from './account.ts';
import { runProgram } from './program.ts';

/** A busy disk takes a millisecond for a file, and five hundred databases have 150,000 of them: half of that was left behind. */
const REMOVE_TIMEOUT_MS = 600_000;

/**
 * Removes a folder in which an account may write, as that account: root itself could be led elsewhere by a link that
 * is put there meanwhile. The folder must stand in one that the account can't change. One that isn't there is fine.
 */
export async function removeAs(account: Account, path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (account === null || found?.uid !== account.uid || !found.isDirectory())
    return rm(path, { recursive: true, force: true, maxRetries: 2 });
  const args = ['-rf', '--', path];
  await runProgram({ file: '/bin/rm', args, account, cwd: '/', timeoutMs: REMOVE_TIMEOUT_MS });
  await rmdir(path); // empty by now, and its name is root's to remove
}
