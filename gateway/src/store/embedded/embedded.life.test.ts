// The embedded server never outlives its process, however that ends; it starts again without help, with every committed
// row; it never runs as root and never loosens a folder; two processes never share one.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import {
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Fault, limitsWith, silentLog, systemClock } from '#base';
import { createStore, removeEmbedded, startEmbedded } from '#store';
import { noteIds } from '../notes.fixture.ts';
import { serviceAccount } from './account.ts';
import { findBinaries, nativeDirectory } from './binaries.ts';
import { processesOf, recordedPid, vacated } from './processes.ts';
import { PROCESS_LIST_CHARACTERS_MAX, runProgram } from './program.ts';

const FIXTURE = fileURLToPath(new URL('./embedded.fixture.ts', import.meta.url));
/** Longer than the guard takes from a fast to an immediate end. */
const VACATED_TIMEOUT_MS = 30_000;
const log = silentLog;
const account = await serviceAccount(); // null unless we are root
const root = account !== null;
/** A second user can only be borrowed by root, and only where it can reach this file. */
const canBorrow =
  root &&
  (await runProgram({ file: process.execPath, args: ['--check', FIXTURE], account, cwd: '/' })).status === 0;
const asUser = { skip: canBorrow ? false : 'needs root, and a clone that other users can read' };
const asRoot = { skip: root ? false : 'needs root' };

async function stateFolder(t: TestContext): Promise<string> {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'sallyport-life-'))); // 0700
  t.after(async () => {
    await removeEmbedded({ directory: join(parent, 'postgres'), log }).catch(onlyRefused);
    await rm(parent, { recursive: true, force: true });
  });
  return join(parent, 'postgres');
}

/** Some tests leave what is no state folder of ours; one that still runs would be a mistake of the test. */
function onlyRefused(fault: Fault): void {
  assert.equal(fault.code, 'EMBEDDED_FAILED');
}

async function dataOf(directory: string): Promise<string> {
  const text = await readFile(join(directory, 'location.json'), 'utf8').catch(() => '{}');
  const location: { home?: string | null } = JSON.parse(text);
  return join(location.home ?? directory, 'data');
}

/** Starts the fixture and reads ids until there are so many. */
async function committing(options: {
  t: TestContext;
  directory: string;
  rows: number;
  user?: boolean;
}): Promise<{ child: ChildProcess; ids: string[]; had: string[] }> {
  const { t, directory, rows, user = false } = options;
  const child = spawn(process.execPath, [FIXTURE, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...(user && account !== null ? account : {}),
  });
  t.after(() => child.kill('SIGKILL')); // a test that failed half-way would keep the file open
  const ids: string[] = [];
  const had: string[] = [];
  const enough = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('had ')) had.push(line.slice('had '.length));
    else ids.push(line);
    if (ids.length >= rows) enough.resolve();
  });
  child.once('close', () => enough.resolve());
  await enough.promise;
  assert.match(ids[0] ?? 'nothing', /^env_/);
  return { child, ids, had };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null)
    await new Promise((resolve) => child.once('close', resolve));
}

async function empty(data: string): Promise<void> {
  assert.ok(await vacated(data, VACATED_TIMEOUT_MS), 'a server is left behind');
}

async function rowsIn(directory: string): Promise<string[]> {
  const server = await startEmbedded({ directory, log });
  const store = await createStore({ url: server.url, limits: limitsWith(), log, clock: systemClock });
  const ids = await store.system((tx) => tx.rows(noteIds, []));
  await store.close();
  await server.stop();
  return ids;
}

async function fieldOf(pid: number, field: string): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return new RegExp(`^${field}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
}

for (const user of [false, true]) {
  test(
    `kill -9 leaves no server behind, and no committed row is lost (${user ? 'another user' : 'this user'})`,
    user ? asUser : {},
    async (t) => {
      const directory = await stateFolder(t);
      if (user && account !== null) chownSync(join(directory, '..'), account.uid, account.gid);
      const acknowledged: string[] = [];
      for (const rows of [1, 25, 2]) {
        const { child, ids, had } = await committing({ t, directory, rows, user });
        const pids = await processesOf(await dataOf(directory));
        assert.ok(pids.length > 3, 'the test looks in the wrong place');
        if (process.platform === 'linux') assert.notEqual(await fieldOf(pids[0] ?? 0, 'Uid'), '0');
        child.kill('SIGKILL');
        await ended(child);
        await empty(await dataOf(directory));
        assert.deepEqual(
          acknowledged.filter((id) => !had.includes(id)),
          [],
        );
        acknowledged.push(...ids);
      }
      assert.ok(acknowledged.length >= 28);
      if (user) assert.equal((await lstat(join(directory, 'data'))).uid, account?.uid);
    },
  );
}

test('a folder of another user is refused, and left as it is', asUser, async (t) => {
  const directory = await stateFolder(t);
  await mkdir(directory, { mode: 0o755 });
  if (account !== null) chownSync(directory, account.uid, account.gid);
  await assert.rejects(startEmbedded({ directory, log }), (fault: Fault) =>
    /another user/.test(fault.detail),
  );
  assert.equal((await lstat(directory)).mode & 0o777, 0o755);
});

test('a server whose process and guard both died is ended by the next start', async (t) => {
  const directory = await stateFolder(t);
  const { child, ids } = await committing({ t, directory, rows: 3 });
  const data = await dataOf(directory);
  const { output } = await runProgram({
    file: 'ps',
    args: ['-axo', 'pid=,command='],
    account: null,
    cwd: '/',
    outputCharactersMax: PROCESS_LIST_CHARACTERS_MAX,
  });
  const guards = output
    .split('\n')
    .filter((line) => line.includes(`sh ${data}`) && line.includes('read -r pid'));
  assert.equal(guards.length, 1);
  const servers = await processesOf(data);
  process.kill(Number.parseInt(guards[0] ?? '', 10), 'SIGKILL');
  child.kill('SIGKILL');
  await ended(child);
  assert.ok((await processesOf(data)).length > 0, 'the guard was not the guard');
  const found = new Set(await rowsIn(directory));
  assert.deepEqual(
    ids.filter((id) => !found.has(id)),
    [],
  );
  assert.deepEqual(
    (await processesOf(data)).filter((pid) => servers.includes(pid)),
    [],
  );
});

test('killed while it makes its database, it makes it again', async (t) => {
  const directory = await stateFolder(t);
  for (const ms of [350, 600, 850, 1_100]) {
    const child = spawn(process.execPath, [FIXTURE, directory], { stdio: 'ignore' });
    await delay(ms); // anywhere in there will do
    child.kill('SIGKILL');
    await ended(child);
  }
  const { child, ids } = await committing({ t, directory, rows: 2 });
  child.kill('SIGKILL');
  await ended(child);
  const found = new Set(await rowsIn(directory));
  assert.deepEqual(
    ids.filter((id) => !found.has(id)),
    [],
  );
});

test('a living process keeps its folder: a second start is ALREADY_RUNNING and harms nothing', async (t) => {
  const directory = await stateFolder(t);
  const { child } = await committing({ t, directory, rows: 1 });
  const before = await processesOf(await dataOf(directory));
  await assert.rejects(startEmbedded({ directory, log }), (fault: Fault) => fault.code === 'ALREADY_RUNNING');
  await assert.rejects(
    removeEmbedded({ directory, log }),
    (fault: Fault) => fault.code === 'ALREADY_RUNNING',
  );
  const after = await processesOf(await dataOf(directory));
  const pid = await recordedPid(await dataOf(directory));
  assert.ok(pid !== null && before.includes(pid) && after.includes(pid));
  child.kill('SIGKILL');
  await ended(child);
  const starts = await Promise.allSettled([1, 2, 3].map(() => startEmbedded({ directory, log })));
  const won = starts.filter((start) => start.status === 'fulfilled');
  assert.equal(won.length, 1);
  await won[0]?.value.stop();
});

test('a postmaster.pid and a socket lock whose number is a stranger’s by now does not stop the start, nor end the stranger', async (t) => {
  const directory = await stateFolder(t);
  const server = await startEmbedded({ directory, log });
  const data = await dataOf(directory);
  const pidFile = await readFile(join(data, 'postmaster.pid'), 'utf8');
  const socketLock = join(pidFile.split('\n')[4] ?? '', '.s.PGSQL.5432.lock');
  await server.stop();
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore', cwd: '/', ...account });
  t.after(() => stranger.kill('SIGKILL'));
  for (const file of [join(data, 'postmaster.pid'), socketLock]) {
    await writeFile(file, pidFile.replace(/^\d+/, String(stranger.pid)));
    if (account !== null) chownSync(file, account.uid, account.gid);
  }
  const again = await startEmbedded({ directory, log });
  await again.stop();
  assert.equal(stranger.exitCode, null);
  assert.equal(stranger.signalCode, null);
});

test('a server that dies is noticed, and started anew with its data', async (t) => {
  const directory = await stateFolder(t);
  const server = await startEmbedded({ directory, log });
  const pid = await recordedPid(await dataOf(directory));
  process.kill(pid ?? 0, 'SIGKILL');
  await server.exited;
  await server.stop();
  const again = await startEmbedded({ directory, log });
  await again.stop();
  await again.stop();
});

test('folders stay private: state 0700, data elsewhere when we are root, the way there unchanged', async (t) => {
  const directory = await stateFolder(t);
  const server = await startEmbedded({ directory, log });
  try {
    for (const path of [join(directory, '..'), directory, await dataOf(directory)]) {
      assert.equal((await lstat(path)).mode & 0o777, 0o700, path);
    }
    for (const name of ['credentials.json', 'postgres.log']) {
      assert.equal((await lstat(join(directory, name))).mode & 0o777, 0o600, name);
    }
    const data = await dataOf(directory);
    assert.equal(data.startsWith('/var/lib/sallyport/'), root);
    assert.equal((await lstat(join(data, 'base'))).uid, account?.uid ?? process.geteuid?.());
    if (process.platform === 'linux') {
      const pid = (await recordedPid(data)) ?? 0;
      const sockets = await readFile(`/proc/${pid}/net/unix`, 'utf8');
      assert.ok(sockets.includes('.s.PGSQL.5432'));
      assert.equal(await readlink(`/proc/${pid}/cwd`), data);
      const group = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[2];
      assert.equal(group, String(pid), 'Ctrl-C would reach it');
    }
  } finally {
    await server.stop();
  }
});

test(
  'binaries that the server’s user can’t reach are copied, with their links, and the originals left alone',
  asRoot,
  async (t) => {
    const directory = await stateFolder(t);
    const server = await startEmbedded({ directory, log });
    await server.stop();
    const home = join(await dataOf(directory), '..');
    const hidden = await mkdtemp(join(tmpdir(), 'sallyport-hidden-')); // 0700, ours
    t.after(() => rm(hidden, { recursive: true, force: true }));
    const native = await nativeDirectory();
    const { status } = await runProgram({
      file: 'cp',
      args: ['-R', join(native, '..'), join(hidden, 'package')],
      account: null,
      cwd: '/',
    });
    assert.equal(status, 0);
    for (const library of ['libpq.so', 'libpq.so.5', 'libicuuc.so.60']) {
      await rm(join(hidden, 'package/native/lib', library), { force: true });
    }
    const binaries = await findBinaries({ account, home, native: join(hidden, 'package/native') });
    assert.ok(binaries.postgres.startsWith(`${home}/postgres-`));
    assert.equal((await lstat(hidden)).mode & 0o777, 0o700);
    const found = await findBinaries({ account, home, native: join(hidden, 'package/native') });
    assert.deepEqual(found, binaries);
  },
);

test('a state folder with a long path gets a short private folder for its socket, checked at every start', async (t) => {
  if (root) return t.skip('root’s socket always has a short path');
  const directory = join(await stateFolder(t), 'x'.repeat(100));
  const first = await startEmbedded({ directory, log });
  await first.stop();
  const { socket }: { socket: string } = JSON.parse(await readFile(join(directory, 'location.json'), 'utf8'));
  assert.equal((await lstat(socket)).mode & 0o777, 0o700);
  await rm(socket, { recursive: true });
  await symlink(tmpdir(), socket);
  t.after(() => rm(socket, { force: true }));
  const second = await startEmbedded({ directory, log });
  await second.stop();
  const { socket: another }: { socket: string } = JSON.parse(
    await readFile(join(directory, 'location.json'), 'utf8'),
  );
  assert.notEqual(another, socket);
  await rm(another, { recursive: true });
});

test('damage is named as damage, and removal clears all of it', async (t) => {
  const directory = await stateFolder(t);
  const server = await startEmbedded({ directory, log });
  await server.stop();
  const data = await dataOf(directory);
  const damages: (readonly [string, string])[] = [
    [join(data, 'global/pg_control'), 'rubbish'],
    [join(data, 'PG_VERSION'), ''],
    [join(data, 'PG_VERSION'), '17\n'],
    [join(directory, 'credentials.json'), '{}'],
    ...(root ? [[join(directory, 'location.json'), '{"home":"/etc"}'] as const] : []),
    [join(directory, 'location.json'), 'rubbish'],
  ];
  for (const [path, text] of damages) {
    const whole = await readFile(path).catch(() => null);
    await writeFile(path, text);
    await assert.rejects(startEmbedded({ directory, log }), (fault: Fault) => {
      assert.equal(fault.code, 'EMBEDDED_FAILED', path);
      return /damaged|another version|password|backup/.test(fault.detail);
    });
    if (whole === null) await rm(path);
    else await writeFile(path, whole);
  }
  const again = await startEmbedded({ directory, log });
  await again.stop();
  await removeEmbedded({ directory, log });
  await assert.rejects(lstat(directory));
  await assert.rejects(lstat(data));
});

test('a state folder that is a link or a file is refused', async (t) => {
  const directory = await stateFolder(t);
  await symlink(tmpdir(), directory);
  await assert.rejects(startEmbedded({ directory, log }), (fault: Fault) => fault.code === 'EMBEDDED_FAILED');
  await rm(directory);
  await writeFile(directory, '');
  chmodSync(directory, 0o600);
  await assert.rejects(startEmbedded({ directory, log }), (fault: Fault) => fault.code === 'EMBEDDED_FAILED');
});
