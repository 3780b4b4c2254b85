// When root starts the embedded server, the server's user gets nothing from it but the server: root writes into no
// folder that this user can change, and follows nothing that this user left there.
import assert from 'node:assert/strict';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '#base';
import { removeEmbedded, startEmbedded } from '#store';
import { serviceAccount } from './account.ts';
import { runProgram } from './program.ts';

const log = silentLog;
const account = await serviceAccount();
const asRoot = { skip: account === null ? 'only root has another user to run it' : false };

async function stateFolder(t: TestContext): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'sallyport-embedded-'));
  const directory = join(parent, 'postgres');
  t.after(async () => {
    await removeEmbedded({ directory, log });
    await rm(parent, { recursive: true, force: true });
  });
  return directory;
}

async function homeOf(directory: string): Promise<string> {
  const location: { home: string } = JSON.parse(await readFile(join(directory, 'location.json'), 'utf8'));
  return location.home;
}

test(
  'what root writes for the server is out of reach of the server’s user, who could lead it elsewhere by a link',
  asRoot,
  async (t) => {
    const directory = await stateFolder(t);
    const server = await startEmbedded({ directory, log });
    try {
      const home = await homeOf(directory);
      const { uid, mode } = await lstat(home);
      assert.deepEqual([uid, mode & 0o777], [0, 0o711]);
      for (const name of await readdir(home)) assert.ok(!name.startsWith('making-'), name);
      for (const args of [
        ['-sfn', '/etc', join(home, 'postgres-new')],
        ['-sfn', '/etc', join(home, 'socket.new')],
      ]) {
        const { status } = await runProgram({ file: '/bin/ln', args, account, cwd: '/' });
        assert.notEqual(status, 0);
      }
      const moved = await runProgram({
        file: '/bin/mv',
        args: [join(home, 'socket'), join(home, 'socket.old')],
        account,
        cwd: '/',
      });
      assert.notEqual(moved.status, 0);
    } finally {
      await server.stop();
    }
  },
);

test('removal does not follow what the server’s user left behind', asRoot, async (t) => {
  const directory = await stateFolder(t);
  const server = await startEmbedded({ directory, log });
  await server.stop();
  const kept = await mkdtemp(join(tmpdir(), 'sallyport-kept-'));
  t.after(() => rm(kept, { recursive: true, force: true }));
  await writeFile(join(kept, 'file'), '');
  const home = await homeOf(directory);
  await symlink(kept, join(home, 'data', 'base', 'link'));
  await removeEmbedded({ directory, log });
  assert.ok((await lstat(join(kept, 'file'))).isFile());
  await assert.rejects(lstat(home));
});
