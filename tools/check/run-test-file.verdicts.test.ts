// Whatever way a test file fails, it counts as failed: a failing test, a bad exit, a hang, an early end, a process left behind, no
// tests at all. What passes and what is skipped is counted one by one, with its reason.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scrubEnvironment } from './environment.ts';
import { runTestFile } from './run-test-file.ts';
import type { Outcome } from './tally.ts';

const imports = "import { describe, test } from 'node:test';\n";

async function run(t: TestContext, body: string): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'file-'));
  t.after(() => {
    rmSync(root, { recursive: true });
  });
  for (const name of ['events', 'output']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'a.b.test.ts'), imports + body);
  const environment = scrubEnvironment({ root, run: root, inherited: process.env });
  return await runTestFile({
    file: 'a.b.test.ts',
    root,
    run: root,
    environment,
    stop: new AbortController().signal,
    timeoutMs: 5_000,
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
  ['something left open', "test('a', () => { setInterval(() => {}, 1000); });", /did not end within 5 s/],
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

test('tests see only our own test variables, the run directory and the pinned Node', () => {
  const environment = scrubEnvironment({
    root: 'clone',
    run: 'run',
    inherited: {
      DATABASE_URL: 'postgres://real',
      SALLYPORT_ROOT_KEY_FILE: 'real',
      SALLYPORT_VECTORS: 'vectors',
      SALLYPORT_TEST_REDIS_URL: 'redis://here',
      PGPASSWORD: 'real',
      NODE_OPTIONS: '--inspect',
      HOME: 'home',
      PATH: 'usual',
    },
  });
  const { PATH, ...rest } = environment;
  assert.deepEqual(rest, {
    HOME: 'home',
    NO_COLOR: '1',
    SALLYPORT_VECTORS: 'vectors',
    SALLYPORT_TEST_REDIS_URL: 'redis://here',
    SALLYPORT_TEST_RUN_DIR: 'run',
    SALLYPORT_TEST_KEEP: '1',
    TMPDIR: join('run', 'tmp'),
  });
  assert.match(PATH ?? '', /usual$/);
});
