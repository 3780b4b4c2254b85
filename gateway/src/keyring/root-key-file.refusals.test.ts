// A root key file is used only when it is whole, unchanged, ours and closed to others; making one leaves nothing half.
// Practices K1 U2 L1 P3 Q1 (secrets encrypted at rest, never shown).
import assert from 'node:assert/strict';
import { chmod, chown, link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Fault, randomBytes, utf8 } from '#base';
import { openFileKeyManager } from '#keyring';
import { startChild } from './child-task.fixture.ts';
import { temporaryFolder } from './fixture.ts';

test('K1 a made root key file has mode 0600 whatever the umask, and opens again as the same key', async (t) => {
  const file = join(await temporaryFolder(t), 'root.key');
  const umask = process.umask(0o777);
  const made = await openFileKeyManager({ file, create: true }).finally(() => process.umask(umask));
  assert.equal((await stat(file)).mode & 0o7777, 0o600);
  assert.deepEqual(await readdir(join(file, '..')), ['root.key']);
  const again = await openFileKeyManager({ file });
  assert.equal(again.id, made.id);
  const key = randomBytes(32);
  assert.deepEqual(await again.unwrap(await made.wrap(key, utf8('context')), utf8('context')), key);
  await assert.rejects(again.unwrap(await made.wrap(key, utf8('context')), utf8('other')), {
    code: 'OPEN_FAILED',
  });
  const third = await openFileKeyManager({ file, create: true });
  assert.equal(third.id, made.id, 'create does not replace');
});

test('K1 a missing file is refused unless it is to be made', async (t) => {
  const file = join(await temporaryFolder(t), 'root.key');
  await refused(file, 'There is no root key file.');
});

test('K1 loose modes are refused', async (t) => {
  const file = await madeFile(t);
  for (const mode of [0o604, 0o640, 0o660, 0o644, 0o601, 0o610, 0o620, 0o700, 0o666]) {
    await chmod(file, mode);
    await refused(file, `has mode ${mode.toString(8)}; 600 is needed.`);
  }
  await chmod(file, 0o400);
  await openFileKeyManager({ file });
});

test('K1 links, folders and the files of others are refused', async (t) => {
  const file = await madeFile(t);
  await symlink(file, `${file}.link`);
  await refused(`${file}.link`, 'is a symbolic link.');
  await symlink('nowhere', `${file}.dangling`);
  await refused(`${file}.dangling`, 'is a symbolic link.', { create: true });
  await mkdir(`${file}.folder`, { mode: 0o600 });
  await refused(`${file}.folder`, 'is not a regular file.');
  if (process.getuid?.() !== 0) return t.diagnostic('left out: only root can give a file away');
  await chown(file, 65_534, 65_534);
  await refused(file, 'belongs to another user.');
});

test('K1 a file cut off anywhere, or with any bit changed, is refused', async (t) => {
  const file = await madeFile(t);
  const whole = await readFile(file);
  for (let length = 0; length < whole.length; length += 1) {
    await writeFile(file, whole.subarray(0, length));
    await refused(file, length === 0 ? 'is empty.' : 'is cut off, changed, or not a root key file.');
  }
  for (let index = 0; index < whole.length; index += 1) {
    const altered = Uint8Array.from(whole);
    altered[index] = (altered[index] ?? 0) ^ 0x01;
    await writeFile(file, altered);
    await refused(file, '');
  }
  await writeFile(file, Buffer.concat([whole, Buffer.from('\n')]));
  await refused(file, 'is cut off, changed, or not a root key file.');
  await writeFile(file, Buffer.alloc(2_000, 'x'));
  await refused(file, 'is too large to be one.');
  await writeFile(file, whole.toString('latin1').replaceAll('\n', '\r\n'));
  await refused(file, 'is cut off, changed, or not a root key file.');
  await writeFile(file, whole);
  await openFileKeyManager({ file });
});

test('K1 what a crash left unfinished is removed, and no crash leaves half a key behind the name', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'root.key');
  await writeFile(`${file}.0123456789abcdef.unfinished`, '# Sallyport root', { mode: 0o600 });
  const { id } = await openFileKeyManager({ file, create: true });
  assert.deepEqual(await readdir(folder), ['root.key']);
  await link(file, `${file}.00.unfinished`); // killed between naming and tidying
  assert.equal((await openFileKeyManager({ file, create: true })).id, id);
});

test('K1 several processes that make the root key at once end with one', async (t) => {
  const folder = await temporaryFolder(t);
  const rootKey = join(folder, 'root.key');
  const children = await Promise.all([startChild(), startChild(), startChild()]);
  const results = await Promise.all(children.map((child) => child.begin({ kind: 'root-key', rootKey })));
  const { id } = await openFileKeyManager({ file: rootKey });
  assert.deepEqual(
    results.map(({ answer }) => answer),
    [id, id, id],
  );
  assert.deepEqual(await readdir(folder), ['root.key']);
});

async function madeFile(t: { after(hook: () => Promise<void>): unknown }): Promise<string> {
  const file = join(await temporaryFolder(t), 'root.key');
  await openFileKeyManager({ file, create: true });
  return file;
}

async function refused(file: string, why: string, options: { create?: boolean } = {}): Promise<void> {
  const content = await readFile(file, 'latin1').catch(() => '');
  await assert.rejects(openFileKeyManager({ file, ...options }), (thrown) => {
    assert.ok(thrown instanceof Fault);
    assert.equal(thrown.code, 'ROOT_KEY_INVALID');
    assert.ok(thrown.message.startsWith('The') && thrown.message.includes(why), thrown.message);
    assert.ok(!thrown.detail.includes(file), 'no path in what a caller sees');
    const key = /\nkey (.{20})/.exec(content)?.[1];
    if (key !== undefined)
      assert.ok(!inspect(thrown, { depth: null, showHidden: true }).includes(key), 'no key in the error');
    return true;
  });
}
