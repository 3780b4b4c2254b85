import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** How often the holder shows that it lives, and how long a silent one is believed: ms. */
export const lockLimits = Object.freeze({ beatMs: 2_000, silentMs: 30_000, nascentMs: 5_000, pollMs: 250 });

/**
 * Runs `work` while holding the directory `path` as a lock, waiting for whoever holds it now. A holder that has died, or that has
 * been silent for longer than `silentMs`, loses it. `waiting` is called once, with the holder's process id.
 * @example await withLock({ path, waiting: (pid) => say(`waiting for ${pid}`) }, install)
 */
export async function withLock({ path, waiting = () => {}, limits = lockLimits }, work) {
  let told = false;
  while (!take(path)) {
    const holder = look(path, limits);
    if (holder.stale) {
      breakLock(path, holder);
      continue;
    }
    if (!told) waiting(holder.pid);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, limits.pollMs));
  }
  const owner = join(path, 'owner');
  const beat = setInterval(() => {
    try {
      utimesSync(owner, new Date(), new Date());
    } catch {
      // Taken away as stale after a long pause of this process: the work goes on, the next look decides.
    }
  }, limits.beatMs);
  beat.unref();
  const mine = readFileSync(owner, 'utf8');
  const release = () => {
    if (read(owner) === mine) rmSync(path, { recursive: true, force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.removeListener('exit', release);
    release();
  }
}

function take(path) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(
    join(path, 'owner'),
    JSON.stringify({ pid: process.pid, host: hostname(), since: Date.now() }),
  );
  writeFileSync(join(path, '.gitignore'), '*\n'); // one left behind by kill -9 must not show in `git status`
  return true;
}

function look(path, limits) {
  const text = read(join(path, 'owner'));
  const age = Date.now() - changed(text === undefined ? path : join(path, 'owner'));
  if (text === undefined) return { text, pid: undefined, stale: age > limits.nascentMs };
  const { pid, host } = parse(text);
  if (pid === undefined) return { text, pid, stale: age > limits.nascentMs };
  return { text, pid, stale: age > limits.silentMs || (host === hostname() && !lives(pid)) };
}

/** Renames before removing, so that of several processes that see the same stale lock only one takes it away. */
function breakLock(path, holder) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(join(aside, 'owner')) !== holder.text) {
    try {
      renameSync(aside, path); // a living one that came in between
      return;
    } catch {
      // somebody else holds the name by now; the one put aside goes
    }
  }
  rmSync(aside, { recursive: true, force: true });
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    return Number.isSafeInteger(value.pid) && value.pid > 0 ? value : {};
  } catch {
    return {};
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function changed(path) {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return Date.now();
  }
}
