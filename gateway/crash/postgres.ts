import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** The data folder of the embedded server of a state folder; where root runs it, that is elsewhere. */
export async function dataFolderOf(directory: string): Promise<string> {
  const text = await readFile(join(directory, 'location.json'), 'utf8').catch(() => '{}');
  const home = /"home":"([^"]+)"/.exec(text)?.[1] ?? directory;
  return join(await realpath(home), 'data');
}

/** The processes of the server of a data folder: all that work in it (Linux), else what it recorded of itself. */
export async function postgresProcesses(data: string): Promise<readonly number[]> {
  if (process.platform !== 'linux') {
    const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
    const pid = Number.parseInt(text, 10);
    return Number.isInteger(pid) && isAlive(pid) ? [pid] : [];
  }
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const folder = await readlink(`/proc/${name}/cwd`).catch(() => null);
    if (folder === data) found.push(Number(name));
  }
  return found;
}

/** The processes that were started with a text among their arguments (Linux; elsewhere none are found). */
export async function processesNaming(text: string): Promise<readonly number[]> {
  if (process.platform !== 'linux') return [];
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.split('\0').includes(text)) found.push(Number(name));
  }
  return found;
}

/** Ends processes without a word. Only with numbers that were looked up just now: later they may be another's. */
export function killNow(pids: readonly number[]): void {
  signalNow(pids, 'SIGKILL');
}

/** The same with another signal. */
export function signalNow(pids: readonly number[], signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Tells whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
