// What docs/signing.md tells people to type works as it stands, with nothing but curl, openssl and this command. U8 U9.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startDev, withFolder } from '../test/session.ts';

const document = readFileSync(new URL('../../docs/signing.md', import.meta.url), 'utf8');
const blocks = [...document.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
// The first has what differs from one reader to another; the test sets it.
const [settings = '', ...commands] = blocks;
const version = spawnSync('openssl', ['version'], { encoding: 'utf8' });
const isThere = /^OpenSSL [3-9]/.test(version.stdout) && spawnSync('curl', ['--version']).status === 0;
const skip = isThere ? false : 'there is no curl, or no OpenSSL 3';

test('the commands of docs/signing.md, in order, in one shell', { skip }, async (t) => {
  const cwd = await withFolder(t);
  const state = join(cwd, 'state');
  const { ready } = await startDev(t, { state });
  const { organizationId, merchantId } = await credentialOf(state);
  const bin = join(cwd, 'bin');
  await mkdir(bin);
  await symlink(fileURLToPath(new URL('../bin/sallyport.mjs', import.meta.url)), join(bin, 'sallyport'));
  const { PATH = '', HOME = '' } = process.env;
  const env = {
    PATH: [bin, dirname(process.execPath), PATH].join(delimiter),
    HOME,
    SALLYPORT_STATE_DIRECTORY: state,
    gateway: ready.api,
    ca: ready.ca,
    target: `${new URL(ready.connections.koywe).pathname}/api/v1/organizations/${organizationId}/merchants/${merchantId}`,
  };
  for (const name of ['gateway', 'ca', 'target']) assert.match(settings, new RegExp(`\\b${name}=`));
  const script = ['set -euo pipefail', ...commands].join('\n');
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd, env, encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  assert.deepEqual(stdout.match(/^\d{3}$/gm), ['201', '200'], `${stdout}\n${stderr}`);
  assert.deepEqual(
    [...stdout.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code),
    ['SIGNATURE_REPLAYED', 'SIGNATURE_REQUIRED'],
  );
});

async function credentialOf(state: string): Promise<{ organizationId: string; merchantId: string }> {
  const text = await readFile(join(state, 'sandbox.json'), 'utf8');
  return JSON.parse(text) as { organizationId: string; merchantId: string };
}
