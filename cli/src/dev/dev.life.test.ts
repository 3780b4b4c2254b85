// `dev` starts with one command, says so in one exact line, survives kill -9 without losing what was acknowledged, and leaves nothing behind.
// Design 5.1: nothing acknowledged is lost. Trap: an orphan keeps a port or a lock.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { demoUrlOf, placeOrder } from '../../test/order.ts';
import { sallyport, startDev, withFolder } from '../../test/session.ts';

test('start, journey, second start, kill -9, start, Ctrl-C', async (t) => {
  const folder = await withFolder(t);
  const state = join(folder, 'state');
  const first = await startDev(t, { state });

  const { ready, readyText } = first;
  const [con, ep] = [ready.connections.koywe, ready.endpoints.koywe].map((url) =>
    url.slice(url.lastIndexOf('/') + 1),
  );
  assert.equal(
    readyText,
    `{"ready":true,"api":"${ready.api}","ca":"${join(state, 'tls', 'ca.pem')}","environment":"${ready.environment}",` +
      `"key":"${ready.key}","connections":{"koywe":"${ready.api}/out/${con}"},` +
      `"endpoints":{"koywe":"${ready.api}/in/${ep}"},"sandbox":{"koywe":"${ready.sandbox.koywe}"}}`,
  );
  for (const address of [ready.api, ready.sandbox.koywe])
    assert.match(address, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.match(ready.environment, /^env_[0-9a-z]{26}$/);
  assert.match(ready.key, /^sk_test_syp_\w{38}$/);

  await placeOrder({ dev: first, state });
  const said = first.lines.slice(1).map((text) => JSON.parse(text) as Record<string, unknown>);
  for (const record of said) assert.equal(typeof record['message'], 'string');
  const forwarded = said.find(({ message }) => message === 'call forwarded');
  assert.ok(forwarded !== undefined);
  assert.deepEqual([forwarded['connection'], forwarded['method'], forwarded['status']], [con, 'POST', 201]);
  assert.equal(typeof forwarded['durationMs'], 'number');

  await modesAreTight(state);
  const env = { SALLYPORT_STATE_DIRECTORY: state };
  const second = await sallyport(['dev', '--json', '--port', '0'], { env });
  assert.equal(second.code, 1);
  assert.match(
    second.stdout,
    /^\{"error":\{"code":"ALREADY_RUNNING","message":"Sallyport runs here already \(process \d+\)/,
  );
  assert.match(second.stderr, /Use that one, stop it first/);

  const before = await eventsOf(state);
  assert.ok(before.length >= 4);
  const key = join(state, 'root.key');
  const rootKey = await readFile(key);
  assert.equal(await first.end('SIGKILL'), null);

  // No help, no waiting: the next start finds its way.
  const again = await startDev(t, { state });
  assert.deepEqual(await readFile(key), rootKey);
  const { environment, connections, endpoints } = again.ready;
  assert.equal(environment, ready.environment);
  assert.equal(connections.koywe.split('/').at(-1), con);
  assert.equal(endpoints.koywe.split('/').at(-1), ep);
  assert.notEqual(again.ready.key, ready.key);
  assert.deepEqual(await eventsOf(state), before);
  // Ports have changed, and the addresses with them; the endpoint still verifies what the sandbox signs.
  await placeOrder({ dev: again, state });
  assert.ok((await eventsOf(state)).length > before.length);
  await demoUrlOf(state);

  assert.equal(await again.end('SIGINT'), 0);
  assert.deepEqual(processesNaming(state), []);
  assert.equal(await lstat(join(state, 'owner.json')).catch(() => null), null);

  const third = await startDev(t, { state });
  assert.equal(await third.end('SIGTERM'), 0);
  assert.deepEqual(processesNaming(state), []);
});

test('a port in use is named before anything is started, with the option that changes it', async (t) => {
  const state = join(await withFolder(t), 'state');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const port = String(typeof address === 'object' && address !== null ? address.port : 0);
  const others = ['--port', '0', '--sandbox-port', '0', '--demo-port', '0'];
  for (const [option, name] of [
    ['--port', 'gateway'],
    ['--sandbox-port', 'sandbox'],
    ['--demo-port', 'demo application'],
  ] as const) {
    const args = ['dev', ...others, option, port];
    const { code, stderr } = await sallyport(args, { env: { SALLYPORT_STATE_DIRECTORY: state } });
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`Port ${port}, for the ${name}, is in use by another program\\. \\[PORT_IN_USE\\]`),
    );
    assert.ok(stderr.includes(`${option} <port>`));
  }
});

async function eventsOf(state: string): Promise<string[]> {
  const env = { SALLYPORT_STATE_DIRECTORY: state };
  const { stdout, stderr, code } = await sallyport(['events', 'list', '--json', '--limit', '200'], { env });
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { items: { id: string }[] }).items.map(({ id }) => id);
}

async function modesAreTight(state: string): Promise<void> {
  const modes: Record<string, string> = {};
  for (const name of [
    '.',
    'tls',
    'root.key',
    'cli.json',
    'sandbox.json',
    'demo.json',
    'demo.key',
    'demo.secret',
    'tls/ca.key.pem',
  ]) {
    modes[name] = ((await lstat(join(state, name))).mode & 0o777).toString(8);
  }
  const { '.': folder, tls, ...files } = modes;
  assert.deepEqual([folder, tls], ['700', '700']);
  for (const [name, mode] of Object.entries(files)) assert.equal(mode, '600', name);
}

/** Processes that a path below the state folder belongs to, by what they were called with, their variables or their folder. */
function processesNaming(state: string): string[] {
  if (process.platform !== 'linux') return [];
  const read = (path: string, how: (path: string) => string): string => {
    try {
      return how(path);
    } catch {
      return ''; // gone, or another user's
    }
  };
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    const text = (path: string): string => readFileSync(path, 'utf8');
    const all =
      read(`/proc/${pid}/cmdline`, text) +
      read(`/proc/${pid}/environ`, text) +
      read(`/proc/${pid}/cwd`, readlinkSync);
    return all.includes(state);
  });
}
