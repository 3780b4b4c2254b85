// As a child process the sandbox takes its options by IPC or from a file, says when it is ready, reports its steps,
// and never outlives its parent; malformed options end it with exit code 1 and without showing a secret. K1
import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Agent } from 'undici';
import { sandboxProgram } from './index.ts';
import { authorityCert, certificate, credential } from './sandbox.harness.ts';

const program = fileURLToPath(sandboxProgram);
const options = { tls: certificate, koywe: credential, control: true };
const agent = new Agent({ connect: { ca: authorityCert }, allowH2: false });
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
});
after(async () => {
  await agent.destroy();
  await rm(folder, { recursive: true });
});

async function status(url: string, path: string): Promise<number> {
  const answer = await agent.request({ origin: url, path, method: 'GET' });
  await answer.body.dump();
  return answer.statusCode;
}

async function forked(
  message: object,
): Promise<{ child: ChildProcess; first: Promise<unknown[]>; errors: () => string }> {
  const child = fork(program, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const first = once(child, 'message');
  first.catch(() => {});
  child.send(message);
  return { child, first, errors: () => text };
}

test('options come by IPC, lines go back, and a disconnected parent ends the process', async () => {
  const { child, first } = await forked(options);
  const [line] = await first;
  assert.ok(typeof line === 'object' && line !== null && 'event' in line && 'url' in line);
  assert.equal(line.event, 'sandbox.ready');
  assert.equal(await status(String(line.url), '/_sandbox/state'), 200);
  const exited = once(child, 'exit');
  child.disconnect();
  assert.deepEqual(await exited, [0, null]);
});

test('options come from a file, lines go to stdout, and SIGTERM ends the process', async () => {
  const file = join(folder, 'options.json');
  await writeFile(file, JSON.stringify(options), { mode: 0o600 });
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SANDBOX_OPTIONS_FILE: file },
  });
  const [text] = await once(createInterface({ input: child.stdout }), 'line');
  const line = JSON.parse(String(text));
  assert.deepEqual(Object.keys(line), ['event', 'url']);
  assert.equal(await status(line.url, '/_sandbox/state'), 200);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});

test('K1: malformed options end it with 1 and name the place, not the value', async () => {
  const koywe = { ...credential, secret: 'very-secret-value', organizationId: 'not an identifier' };
  const { child, errors } = await forked({ ...options, koywe });
  assert.deepEqual(await once(child, 'close'), [1, null]);
  assert.match(errors(), /koywe\.organizationId/);
  assert.ok(!errors().includes('very-secret-value'));
  assert.ok(!errors().includes('PRIVATE KEY'));
});
