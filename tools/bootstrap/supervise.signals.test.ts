// What is started ends with us: its exit code is ours, a signal reaches it once however often it comes, a second one later ends it at
// once, and it does not outlive a supervisor that was killed.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const supervise = fileURLToPath(new URL('supervise.mjs', import.meta.url));

interface Started {
  readonly supervisor: ChildProcess;
  readonly lines: AsyncIterator<string>;
  readonly pid: number;
}

/** Starts a supervisor whose child runs `program` after having printed its process id. */
async function start(
  t: TestContext,
  { program, echoMs = 1_500 }: { program: string; echoMs?: number },
): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'supervise-'));
  const child = join(folder, 'child.mjs');
  const outer = join(folder, 'outer.mjs');
  writeFileSync(
    child,
    `const say = (line) => process.stdout.write(line + '\\n');\n${program}\nsay(process.pid);`,
  );
  writeFileSync(
    outer,
    `import { supervise } from ${JSON.stringify(supervise)};
     process.exitCode = await supervise({ command: process.execPath, args: [${JSON.stringify(child)}], limits: { echoMs: ${echoMs}, orphanMs: 50 } });`,
  );
  const supervisor = spawn(process.execPath, [outer], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => {
    supervisor.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  const lines = createInterface({ input: supervisor.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  return { supervisor, lines, pid: Number(first.value) };
}

test('output passes untouched and the exit code is the child’s', async (t) => {
  const { supervisor, lines } = await start(t, { program: 'say(\'{"ready":true}\'); process.exitCode = 7;' });
  const closed = once(supervisor, 'close');
  assert.ok(!(await lines.next()).done);
  assert.deepEqual(await closed, [7, null]);
});

test('a child ended by a signal gives 128 and its number', async (t) => {
  const { supervisor } = await start(t, {
    program: "setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20);",
  });
  assert.deepEqual(await once(supervisor, 'close'), [137, null]);
});

for (const [signal, passed] of [
  ['SIGINT', 'SIGINT'],
  ['SIGTERM', 'SIGTERM'],
  ['SIGHUP', 'SIGTERM'],
] as const) {
  test(`${signal}, thrice at once, reaches the child once as ${passed}`, async (t) => {
    const { supervisor, lines } = await start(t, {
      program: `
        let count = 0;
        const timer = setInterval(() => {}, 1000);
        for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {
          count += 1;
          if (count === 1) setTimeout(() => { say(name + ' ' + count); clearInterval(timer); process.exitCode = 3; process.disconnect(); }, 300);
        });`,
      echoMs: 60_000,
    });
    const closed = once(supervisor, 'close');
    for (let sent = 0; sent < 3; sent += 1) supervisor.kill(signal);
    assert.equal((await lines.next()).value, `${passed} 1`);
    assert.deepEqual(await closed, [3, null]);
  });
}

test('a second signal later ends a child that hangs, and all of its group', async (t) => {
  const { supervisor, lines } = await start(t, {
    program: "process.on('SIGINT', () => say('hanging')); setInterval(() => {}, 1000);",
    echoMs: 0,
  });
  const closed = once(supervisor, 'close');
  supervisor.kill('SIGINT');
  assert.equal((await lines.next()).value, 'hanging');
  supervisor.kill('SIGINT');
  assert.deepEqual(await closed, [137, null]);
});

test('a supervisor killed without a word takes its child along', async (t) => {
  const { supervisor, lines } = await start(t, {
    program: "process.on('SIGTERM', () => { say('ending'); process.exit(0); }); setInterval(() => {}, 1000);",
  });
  supervisor.kill('SIGKILL');
  assert.equal((await lines.next()).value, 'ending');
  assert.equal((await lines.next()).done, true);
});

test('what stands above us dying, as npm killed at once, counts as SIGTERM', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'supervise-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const child = join(folder, 'child.mjs');
  const outer = join(folder, 'outer.mjs');
  const above = join(folder, 'above.mjs');
  writeFileSync(
    child,
    "process.on('SIGTERM', () => { console.log('ending'); process.exit(0); }); setInterval(() => {}, 1000); console.log('up');",
  );
  writeFileSync(
    outer,
    `import { supervise } from ${JSON.stringify(supervise)};
     await supervise({ command: process.execPath, args: [${JSON.stringify(child)}], limits: { echoMs: 1500, orphanMs: 50 } });`,
  );
  writeFileSync(
    above,
    `import { spawn } from 'node:child_process';
     spawn(process.execPath, [${JSON.stringify(outer)}], { stdio: 'inherit', env: { ...process.env, npm_lifecycle_event: 'start' } });`,
  );
  const npm = spawn(process.execPath, [above], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: npm.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, 'up');
  npm.kill('SIGKILL');
  assert.equal((await lines.next()).value, 'ending');
});
