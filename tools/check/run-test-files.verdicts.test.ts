// Whatever way a test file fails, it counts as failed: a failing test, a bad exit, a hang, an early end, a process left behind, no
// tests at all. So it is with files that share a process, each named. What passes and what is skipped is counted one by one, with its reason.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bundlesOf, longest } from './bundles.ts';
import { scrubEnvironment } from './environment.ts';
import { findTestFiles } from './files.ts';
import { runTestFiles } from './run-test-files.ts';
import type { Outcome } from './tally.ts';

const imports = "import { describe, test } from 'node:test';\n";

/** Runs one file, or several in one process. */
async function run(t: TestContext, ...bodies: readonly string[]): Promise<Outcome> {
  return await runWithin(60_000, t, bodies);
}

async function runWithin(timeoutMs: number, t: TestContext, bodies: readonly string[]): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'file-'));
  t.after(() => {
    rmSync(root, { recursive: true });
  });
  for (const name of ['events', 'output']) mkdirSync(join(root, name));
  const files = bodies.map((_, at) => `${'abcd'.charAt(at)}.b.test.ts`);
  for (const [at, file] of files.entries()) writeFileSync(join(root, file), imports + (bodies[at] ?? ''));
  const environment = scrubEnvironment({
    root,
    run: root,
    compiled: join(root, 'compiled'),
    inherited: process.env,
  });
  return await runTestFiles({
    bundle: { title: files.length === 1 ? 'a.b.test.ts' : 'together', files },
    root,
    run: root,
    environment,
    stop: new AbortController().signal,
    timeoutMs,
    idleMs: 1_000,
    graceMs: 500,
  });
}

function shape({ results }: Outcome): readonly string[] {
  return results.map(({ name, state }) => `${state} ${name}`);
}

test('tests, suites, subtests, skips and what is yet to be done are counted', async (t) => {
  const outcome = await run(
    t,
    `test('plain', () => {});
     test('left out', { skip: 'no Redis' }, () => {});
     test('found out later', (t) => t.skip('no Postgres'));
     test('yet', { todo: true }, () => {});
     describe('suite', () => { test('inner', () => {}); });
     test('parent', async (t) => { await t.test('child', () => {}); });`,
  );
  assert.deepEqual(shape(outcome), [
    'passed plain',
    'skipped left out',
    'skipped found out later',
    'skipped yet',
    'passed suite > inner',
    'passed parent > child',
    'passed parent',
  ]);
  assert.deepEqual(
    outcome.results.filter(({ state }) => state === 'skipped').map(({ details }) => details),
    ['no Redis', 'no Postgres', 'to be done: true'],
  );
});

test('a file that sets a umask is heard all the same', async (t) => {
  const outcome = await run(t, "process.umask(0o777);\ntest('plain', () => {});");
  assert.deepEqual(shape(outcome), ['passed plain']);
});

test('a failure inside a suite counts once, with its details and what the file printed', async (t) => {
  const outcome = await run(
    t,
    "console.log('said on the way');\ndescribe('suite', () => { test('bad', () => { throw new Error('boom'); }); });",
  );
  assert.deepEqual(shape(outcome), ['failed suite > bad']);
  assert.match(outcome.results[0]?.details ?? '', /Error: boom[\s\S]*said on the way/);
});

for (const [name, body, verdict] of [
  ['no tests', '', /holds no tests/],
  ['an import that fails', "import './nowhere.ts';", /ERR_MODULE_NOT_FOUND/],
  [
    'an exit with a code',
    "test('a', () => { setTimeout(() => process.exit(3), 20); });\ntest('b', () => new Promise(() => setInterval(() => {}, 1e3)));",
    /./,
  ],
  [
    'something left open',
    "test('a', () => { setInterval(() => {}, 1000); });",
    /did not end within 1 s of its last test/,
  ],
  [
    'a death by signal',
    "test('a', () => { process.kill(process.pid, 'SIGKILL'); });",
    /was ended by SIGKILL/,
  ],
  [
    'a process left behind',
    "import { spawn } from 'node:child_process';\ntest('a', () => { spawn('sleep', ['60'], { stdio: 'inherit' }).unref(); });",
    /left processes running/,
  ],
] as const) {
  test(`${name} fails the file`, async (t) => {
    const failures = (await run(t, body)).results.filter(({ state }) => state === 'failed');
    assert.ok(failures.length > 0);
    assert.match(failures.map(({ details }) => details).join('\n'), verdict);
  });
}

test('a test that hangs fails the file', async (t) => {
  const body = "test('a', () => new Promise(() => setInterval(() => {}, 1000)));";
  const { results } = await runWithin(1_500, t, [body]);
  assert.match(results.map(({ details }) => details).join('\n'), /did not end within 1\.5 s: a test hangs/);
});

test('a file that registers a test when all before have ended is not taken for one that is done', async (t) => {
  const body = `import { setTimeout as delay } from 'node:timers/promises';
    test('first', () => {});
    await delay(200);
    test('second', () => delay(2_000));`;
  assert.deepEqual(shape(await run(t, body)), ['passed first', 'passed second']);
});

test('files that share a process: every test counts under its file, one file that fails is named, and one root hook ends all', async (t) => {
  const fixture = "import { after } from 'node:test'; after(() => console.log('ended'));";
  const outcome = await run(
    t,
    "test('one', () => {});\ndescribe('suite', () => { test('inner', () => {}); });",
    "test('parent', async (t) => { await t.test('bad', () => { throw new Error('boom'); }); });",
    "import './nowhere.ts';",
    `${fixture}\ntest('last', { skip: 'no Redis' }, () => {});`,
  );
  assert.deepEqual(shape(outcome).toSorted(), [
    'failed b.b.test.ts: parent > bad',
    'failed c.b.test.ts',
    'passed a.b.test.ts: one',
    'passed a.b.test.ts: suite > inner',
    'skipped d.b.test.ts: last',
  ]);
});

for (const [name, body] of [
  ['is empty', ''],
  ['ends the process well', 'setTimeout(() => process.exit(0), 20); await new Promise(() => {});'],
  ['ends the process badly', "test('a', () => { process.exit(3); });"],
  ['kills the process', "test('a', () => { process.kill(process.pid, 'SIGKILL'); });"],
  ['leaves something open', "test('a', () => { setInterval(() => {}, 1000); });"],
] as const) {
  test(`a file that ${name} fails those it shares a process with, and is named where it can be`, async (t) => {
    const { title, results } = await run(t, "test('one', () => {});", body);
    const failures = results.filter(({ state }) => state === 'failed').map((one) => one.name);
    assert.equal(title, 'together');
    assert.ok(failures.some((failed) => failed === 'the process' || failed.startsWith('b.b.test.ts')));
    if (name !== 'leaves something open') assert.ok(failures.includes('b.b.test.ts'), String(failures));
  });
}

test('the files of a route share a process with those of the same noun, every other file has its own', () => {
  const routes = 'gateway/src/http/routes';
  assert.deepEqual(
    bundlesOf([
      `${routes}/keys-create/201.x.test.ts`,
      `${routes}/keys-list/200.x.test.ts`,
      `${routes}/livez/200.x.test.ts`,
      `${routes}/routes.complete.test.ts`,
      'gateway/src/http/a.b.test.ts',
    ]).map(({ title, files }) => [title, files.length]),
    [
      [`${routes}/keys*`, 2],
      [`${routes}/livez/200.x.test.ts`, 1],
      [`${routes}/routes.complete.test.ts`, 1],
      ['gateway/src/http/a.b.test.ts', 1],
    ],
  );
});

test('what takes long is there, and starts first', () => {
  const files = findTestFiles(join(import.meta.dirname, '..', '..'));
  const titles = bundlesOf(files).map(({ title }) => title);
  assert.deepEqual(titles.slice(0, longest.length), [...longest]);
});

test('tests see only our own test variables, the run directory and the pinned Node', () => {
  const environment = scrubEnvironment({
    root: 'clone',
    run: 'run',
    compiled: 'compiled',
    inherited: {
      DATABASE_URL: 'postgres://real',
      SALLYPORT_ROOT_KEY_FILE: 'real',
      SALLYPORT_VECTORS: 'vectors',
      SALLYPORT_TEST_REDIS_URL: 'redis://here',
      PGPASSWORD: 'real',
      NODE_OPTIONS: '--inspect',
      NODE_COMPILE_CACHE: 'elsewhere',
      HOME: 'home',
      PATH: 'usual',
    },
  });
  const { PATH, ...rest } = environment;
  assert.deepEqual(rest, {
    HOME: 'home',
    NODE_COMPILE_CACHE: 'compiled',
    NO_COLOR: '1',
    SALLYPORT_VECTORS: 'vectors',
    SALLYPORT_TEST_REDIS_URL: 'redis://here',
    SALLYPORT_TEST_RUN_DIR: 'run',
    SALLYPORT_TEST_KEEP: '1',
    TMPDIR: join('run', 'tmp'),
  });
  assert.match(PATH ?? '', /usual$/);
});
