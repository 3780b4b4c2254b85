import { readFile } from 'node:fs/promises';
import { embeddedFailed } from './trouble.ts';

/** The user that Postgres runs as. `null`: we ourselves. */
export type Account = { readonly uid: number; readonly gid: number } | null;

/** Unprivileged users that systems have from the start; nobody has a negative number on macOS. */
const CANDIDATES: readonly string[] = Object.freeze(['nobody', 'daemon']);

/** Postgres refuses to run as root, and initdb wants its user in the list of users: root borrows one that is there. */
export async function serviceAccount(): Promise<Account> {
  if (process.geteuid?.() !== 0) return null;
  const known = await accounts();
  for (const name of CANDIDATES) {
    const account = known.get(name);
    if (account !== undefined) return account;
  }
  throw embeddedFailed({
    detail: 'Postgres does not run as root, and there is no user "nobody" or "daemon" to run it.',
  });
}

async function accounts(): Promise<Map<string, { uid: number; gid: number }>> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const found = new Map<string, { uid: number; gid: number }>();
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    const account = { uid: Number(uid), gid: Number(gid) };
    if (name !== undefined && account.uid > 0 && account.gid > 0) found.set(name, account);
  }
  return found;
}
