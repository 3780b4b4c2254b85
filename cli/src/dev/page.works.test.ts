// What `npm start` prints can be pasted: every command on the page works as it stands there, and each step of the journey is one readable line.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCommand } from '../../test/running.ts';
import { afterwards, sallyport, withFolder } from '../../test/session.ts';

const hasCurl =
  spawnSync('curl', ['--version']).status === 0 && spawnSync('bash', ['--version']).status === 0;

test('the page, its commands, and the steps', { skip: !hasCurl }, async (t) => {
  const cwd = await withFolder(t);
  const program = fileURLToPath(new URL('../../bin/sallyport.mjs', import.meta.url));
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
  const ports = ['--port', '0', '--sandbox-port', '0', '--demo-port', '0'];
  const child = spawn(process.execPath, [program, 'dev', ...ports], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, ...(TMPDIR === '' ? {} : { TMPDIR }) },
  });
  const closed = once(child, 'close');
  afterwards(t, async () => {
    child.kill('SIGTERM');
    await closed;
  });
  const lines: string[] = [];
  const source = createInterface(child.stdout)[Symbol.asyncIterator]();
  const until = async (wanted: RegExp): Promise<void> => {
    for (;;) {
      const { value, done } = await source.next();
      if (done === true) throw new Error(lines.join('\n'));
      lines.push(value);
      if (wanted.test(value)) return;
    }
  };
  await until(/Ctrl-C ends everything/);
  assert.ok(
    lines.every((line) => !line.includes('\u001b')),
    'no colours without a terminal',
  );
  assert.ok(lines.length < 33);
  assert.match(lines.join('\n'), /key +sk_test_syp_\w{38} +shown this once/);

  const pasted = lines.join('\n').replaceAll('\\\n', '');
  const commands = pasted
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(?:curl|npx) /.test(line));
  assert.equal(commands.length, 5);
  for (const command of commands) {
    if (command.startsWith('npx sallyport listen ')) {
      const running = startCommand(t, command.split(' ').slice(2), { cwd });
      await running.line(/^Listening at /);
      running.child.kill('SIGINT');
      assert.equal(await running.ended, 0, running.said());
      continue;
    }
    if (command.startsWith('npx sallyport ')) {
      const { code, stderr } = await sallyport(command.split(' ').slice(2), { cwd });
      assert.equal(code, 0, stderr);
      continue;
    }
    const curl = spawn('bash', ['-c', command.replace(/^curl/, 'curl --silent --show-error --fail')], {
      cwd,
    });
    let text = '';
    for (const stream of [curl.stdout, curl.stderr])
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const [code] = (await once(curl, 'close')) as [number];
    assert.equal(code, 0, `${command}\n${text}`);
    assert.match(text, /"id":"/);
  }
  const time = String.raw`\d\d:\d\d:\d\d`;
  const from = lines.length;
  await until(/✓ {2}delivered +order\.completed/);
  const steps = lines.slice(from).filter((line) => line !== '');
  for (const wanted of [
    `^ {2}${time} {2}→ {2}call out +POST koywe +201 +\\d+ ms$`,
    `^ {2}${time} {5}order ord_\\w+ made at Koywe$`,
    `^ {2}${time} {2}← {2}webhook in +order\\.created +verified and stored as evt_\\w+$`,
    `^ {2}${time} {2}✓ {2}delivered +order\\.created +to the demo: 200 +\\d+ ms$`,
    `^ {2}${time} {2}→ {2}call out +GET koywe +200 +\\d+ ms$`,
  ]) {
    assert.ok(
      steps.some((line) => new RegExp(wanted).test(line)),
      `${wanted}\n${steps.join('\n')}`,
    );
  }
});
