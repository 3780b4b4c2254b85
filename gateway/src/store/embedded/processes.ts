import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#base';
import { PROCESS_LIST_CHARACTERS_MAX, runProgram } from './program.ts';

const POLL_MS = 20;

/** The server processes of a data directory: every Postgres process has it as its working directory. */
export async function processesOf(data: string): Promise<number[]> {
  if (process.platform !== 'linux') return await listed(data);
  const entries = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const found = await Promise.all(
    entries.map(async (name) => {
      const cwd = await readlink(`/proc/${name}/cwd`).catch(() => null);
      return cwd === data && Number(name) !== process.pid ? Number(name) : null;
    }),
  );
  return found.filter((pid) => pid !== null);
}

/** The process id in `postmaster.pid`, or `null`. */
export async function recordedPid(data: string): Promise<number | null> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n', 1)[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : null;
}

/** Waits until a data directory has no process, at most so long; tells whether it has none. */
export async function vacated(data: string, timeoutMs: number): Promise<boolean> {
  for (const end = systemClock.monotonic() + timeoutMs; ; await delay(POLL_MS)) {
    if ((await processesOf(data)).length === 0) return true;
    if (systemClock.monotonic() >= end) return false;
  }
}

/** What tells a process from a later one with the same number. */
export async function startOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    // The name in parentheses may hold anything; the start time is the 22nd field, the state the 3rd. proc(5)
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields === undefined || fields[0] === 'Z' ? null : (fields[19] ?? null);
  }
  const { status, output } = await runProgram({
    file: 'ps',
    args: ['-o', 'lstart=', '-p', String(pid)],
    account: null,
    cwd: '/',
  });
  return status === 0 ? output.trim() : null;
}

/** Sends a signal; a process that is gone is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

async function listed(data: string): Promise<number[]> {
  const { output } = await runProgram({
    file: 'ps',
    args: ['-axo', 'pid=,command='],
    account: null,
    cwd: '/',
    outputCharactersMax: PROCESS_LIST_CHARACTERS_MAX,
  });
  const lines = output.split('\n').filter((line) => line.includes(`-D ${data} `));
  return lines.map((line) => Number.parseInt(line, 10)).filter((pid) => pid > 1);
}
