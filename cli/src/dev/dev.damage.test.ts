// A damaged state folder is mended where what it held can be made anew, and named with a code and a remedy where it can't.
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { placeOrder } from '../../test/order.ts';
import { sallyport, startDev, withFolder } from '../../test/session.ts';

const ports = ['--port', '0', '--sandbox-port', '0', '--demo-port', '0'];

async function refused(
  state: string,
  args: readonly string[] = [],
): Promise<{ code: string; message: string; remedy: string }> {
  const ended = await sallyport(['dev', '--json', ...ports, ...args], {
    env: { SALLYPORT_STATE_DIRECTORY: state },
  });
  assert.notEqual(ended.code, 0);
  assert.doesNotMatch(ended.stderr, /^\s+at .+:\d+/m);
  const { error } = JSON.parse(ended.stdout) as { error: { code: string; message: string; remedy: string } };
  assert.ok(error.remedy.length > 10);
  return error;
}

test('a file in the place of the folder', async (t) => {
  const state = join(await withFolder(t), 'state');
  await writeFile(state, 'mine');
  assert.equal((await refused(state)).code, 'STATE_FOLDER_DAMAGED');
  assert.equal((await refused(join(state, 'below'))).code, 'STATE_FOLDER_DAMAGED');
  assert.equal(await readFile(state, 'utf8'), 'mine');
  // --reset deletes nothing that is not ours either.
  assert.equal((await refused(state, ['--reset', '--yes'])).code, 'STATE_FOLDER_DAMAGED');
  assert.equal(await readFile(state, 'utf8'), 'mine');
});

test('a link in the place of the folder', async (t) => {
  const folder = await withFolder(t);
  await mkdir(join(folder, 'elsewhere'));
  await symlink(join(folder, 'elsewhere'), join(folder, 'state'));
  assert.equal((await refused(join(folder, 'state'))).code, 'STATE_FOLDER_DAMAGED');
});

test('a folder of another user', { skip: process.geteuid?.() !== 0 }, async (t) => {
  const state = join(await withFolder(t), 'state');
  await mkdir(state, { mode: 0o700 });
  await chown(state, 65_534, 65_534);
  assert.equal((await refused(state)).code, 'STATE_FOLDER_FOREIGN');
});

test('--reset asks, and without anybody to ask it needs --yes', async (t) => {
  const state = join(await withFolder(t), 'state');
  await mkdir(state, { mode: 0o700 });
  const ended = await sallyport(['dev', '--reset'], { env: { SALLYPORT_STATE_DIRECTORY: state } });
  assert.equal(ended.code, 2);
  assert.match(ended.stderr, /Add --yes/);
  const own = { SALLYPORT_STATE_DIRECTORY: state, DATABASE_URL: 'postgres://user@127.0.0.1:1/db' };
  const other = await sallyport(['dev', '--reset', '--yes'], { env: own });
  assert.equal(other.code, 1);
  assert.match(other.stderr, /RESET_REFUSED/);
});

test('garbage is mended, a lost root key is not made up, and --reset starts anew', async (t) => {
  const state = join(await withFolder(t), 'state');
  const first = await startDev(t, { state });
  await first.end('SIGTERM');
  for (const name of [
    'cli.json',
    'sandbox.json',
    'demo.json',
    'tls/ca.pem',
    'tls/gateway.key.pem',
    'owner.json',
  ]) {
    await writeFile(join(state, name), '\u0000{garbage', { mode: 0o600 });
  }
  await chmod(state, 0o755);
  const mended = await startDev(t, { state });
  assert.equal(mended.ready.environment, first.ready.environment);
  await placeOrder({ dev: mended, state });
  await mended.end('SIGTERM');

  const key = join(state, 'root.key');
  const text = await readFile(key, 'utf8');
  await writeFile(key, text.replace(/.$/m, 'x'));
  const damaged = await refused(state);
  assert.equal(damaged.code, 'ROOT_KEY_INVALID');
  assert.match(damaged.remedy, /--reset/);
  const { rm } = await import('node:fs/promises');
  await rm(key);
  assert.equal((await refused(state)).code, 'ROOT_KEY_INVALID');
  await assert.rejects(readFile(key), { code: 'ENOENT' });

  const anew = await startDev(t, { state, args: ['--reset', '--yes'] });
  assert.notEqual(anew.ready.environment, first.ready.environment);
  await anew.end('SIGTERM');
});
