import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, newId, systemClock } from '#base';
import { startOf } from './processes.ts';

const OWNER_FILE = 'owner.json';
const ATTEMPTS_MAX = 10;

/**
 * Claims a folder for this process until the function given back is called. Throws `ALREADY_RUNNING` when a living
 * process has it; what a dead one left is taken over. A process is known by its number and its start.
 */
export async function claim(directory: string): Promise<() => Promise<void>> {
  const place = join(directory, OWNER_FILE);
  const mine = `${place}.${newId('request', systemClock)}`;
  const text = JSON.stringify({ pid: process.pid, started: await startOf(process.pid) });
  try {
    await writeFile(mine, text, { mode: 0o600, flag: 'wx' });
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const won = await link(mine, place).then(
        () => true,
        () => false,
      );
      if (won) return () => rm(place, { force: true });
      const found = await readFile(place, 'utf8').catch(() => '');
      if (await isAlive(found)) throw new Fault('ALREADY_RUNNING');
      await setAside(place, found);
    }
    throw new Fault('ALREADY_RUNNING');
  } finally {
    await rm(mine, { force: true });
  }
}

/** Takes a dead owner's file away, unless another process was faster and the file is by now a living owner's. */
async function setAside(place: string, expected: string): Promise<void> {
  const aside = `${place}.${newId('request', systemClock)}`;
  await rename(place, aside).catch(() => undefined);
  const taken = await readFile(aside, 'utf8').catch(() => null);
  if (taken !== null && taken !== expected) await link(aside, place).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isAlive(text: string): Promise<boolean> {
  const match = /^\{"pid":([0-9]{1,10}),"started":"([^"]*)"\}$/.exec(text);
  if (match?.[1] === undefined) return false;
  return (await startOf(Number(match[1]))) === match[2];
}
