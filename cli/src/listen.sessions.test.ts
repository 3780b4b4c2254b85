// A developer sees each event as it comes: forwarded byte for byte and signed so that it verifies, replayed with a key, held back
// while paused, and none lost when the application fails or the gateway restarts. L11 U11 K8; traps "deliver byte-exact, and
// re-sign freshly", "Postgres is the truth".
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { verifyDelivery } from '@sallyport/sdk';
import { placeOrder } from '../test/order.ts';
import { type Running, startCommand } from '../test/running.ts';
import { type RunningDev, sallyport, startDev, withFolder } from '../test/session.ts';

const hooks: (() => unknown)[] = [];
const cleanup = { after: (hook: () => unknown) => void hooks.push(hook) };
const env = { LISTEN_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
/** The last event of an order. */
const LAST = /order\.completed/;
let cwd: string;
let state: string;
let dev: RunningDev;

interface Taken {
  readonly id: string;
  readonly type: unknown;
  readonly body: string;
}
const taken: Taken[] = [];
/** How the application answers; 200 unless a test says otherwise. */
let status = 200;
let forward = '';

before(async () => {
  cwd = await withFolder(cleanup);
  state = join(cwd, '.sallyport');
  dev = await startDev(cleanup, { state });
  const application = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const delivery = verifyDelivery({ secret: env.LISTEN_SECRET, headers: request.rawHeaders, body });
      if (delivery.ok) taken.push({ id: delivery.id, type: delivery.event?.['type'], body: body.toString() });
      response.writeHead(delivery.ok ? status : 401).end();
    });
  });
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  cleanup.after(() => application.close());
  forward = `http://127.0.0.1:${(application.address() as AddressInfo).port}/hooks`;
});

after(async () => {
  for (const hook of hooks.toReversed()) await hook();
});

function listen(...more: string[]): Running {
  const args = ['listen', '--forward', forward, '--secret-env', 'LISTEN_SECRET', '--keys', ...more];
  return startCommand(cleanup, args, { cwd, env });
}

test('what comes in is forwarded, in one line each; r replays it, space holds the next back, q ends it', async () => {
  const running = listen();
  await running.line(
    /^Listening at https:\/\/127\.0\.0\.1:\d+, forwarding to http:\/\/127\.0\.0\.1:\d+\/hooks$/,
  );
  await running.line(/^r replays the last one · space pauses · q quits$/);
  await placeOrder({ dev, state });
  const line = await running.line(LAST);
  assert.match(line, /^\d\d:\d\d:\d\d {2}✓ {2}200 +\d+ ms {2}order\.\w+ +evt_[0-9a-z]{26}$/);
  assert.ok(!line.includes('\u001b'), 'no colours without a terminal');
  const count = taken.length;
  running.type('r');
  assert.match(await running.line(/replayed/), /✓ {2}200/);
  assert.deepEqual(taken[count], taken[count - 1]);
  running.type(' ');
  await running.line(/^Paused/);
  await placeOrder({ dev, state });
  running.type('r');
  await running.line(/replayed/);
  assert.equal(taken.length, count + 2, 'only the replays were forwarded');
  running.type(' ');
  await running.line(/^Goes on/);
  await running.line(LAST);
  running.type('q');
  await running.line(new RegExp(`^Ended: ${taken.length} forwarded\\. `));
  assert.equal(await running.ended, 0);
  // Each verified, and byte for byte what is stored.
  const { id = '', body } = taken.at(-1) ?? {};
  const revealed = await sallyport(['events', 'reveal', id, '--yes'], { cwd });
  assert.equal(revealed.stdout.trimEnd(), body?.trimEnd(), revealed.stderr);
});

test('what the application does not take comes again; what came while nobody listened is there', async () => {
  await placeOrder({ dev, state });
  status = 503;
  const running = listen('--json', '--again-after', '2s');
  await running.line(/"listening":true/);
  const failed = JSON.parse(await running.line(/"event"/)) as { event: string; ok: boolean; status: number };
  assert.deepEqual([failed.ok, failed.status], [false, 503]);
  status = 200;
  const attempts: number[] = [];
  while (attempts.length === 0) {
    const told = JSON.parse(await running.line(/"event"/)) as { event: string; ok: boolean; attempt: number };
    if (told.ok && told.event === failed.event) attempts.push(told.attempt);
  }
  assert.ok((attempts[0] ?? 0) > 1);
  running.child.kill('SIGINT');
  assert.equal(await running.ended, 0);
});

test('a gateway that restarts is seen to be away and to be back, and nothing is lost', async () => {
  const running = listen();
  await running.line(/^Listening/);
  const port = new URL(dev.ready.api).port;
  assert.equal(await dev.end('SIGTERM'), 0);
  await running.line(/^The gateway is away \(\w+\); trying again in \d+\.\d s …$/);
  dev = await startDev(cleanup, { state, args: ['--port', port] });
  await placeOrder({ dev, state });
  await running.line(/^Connected again\.$/);
  await running.line(LAST);
  const stored = await sallyport(['events', 'list', '--json', '--limit', '200'], { cwd });
  const { items } = JSON.parse(stored.stdout) as { items: { id: string }[] };
  // What earlier tests were given is among it: nothing that is stored was not forwarded.
  assert.deepEqual(new Set(taken.map(({ id }) => id)), new Set(items.map(({ id }) => id)));
  running.child.kill('SIGTERM');
  assert.equal(await running.ended, 0);
});

test('the key of a session ends with it', async () => {
  const { stdout } = await sallyport(['keys', 'list', '--json'], { cwd });
  const { items } = JSON.parse(stdout) as {
    items: { name: string; revokedAt: string | null; scopes: string[] }[];
  };
  const made = items.filter(({ name }) => name.startsWith('listen '));
  assert.equal(made.length, 3);
  for (const { revokedAt, scopes } of made) {
    assert.deepEqual(scopes, ['events:pull']);
    assert.notEqual(revokedAt, null);
  }
});

test('with a key of an application for one destination it administers nothing, and can pass over what waits', async () => {
  const listed = await sallyport(['destinations', 'list', '--json'], { cwd });
  const { items } = JSON.parse(listed.stdout) as { items: { id: string; name: string }[] };
  const id = items.find(({ name }) => name === 'listen')?.id ?? '';
  const create = ['keys', 'create', '--kind', 'test', '--name', 'worker', '--scope', 'events:pull'];
  const made = await sallyport([...create, '--bind', `destination:${id}`], { cwd });
  const application = {
    ...env,
    SALLYPORT_URL: dev.ready.api,
    SALLYPORT_KEY: made.stdout.trim(),
    SALLYPORT_CA_FILE: dev.ready.ca,
  };
  await placeOrder({ dev, state });
  const args = ['listen', '--forward', forward, '--secret-env', 'LISTEN_SECRET', '--skip'];
  const running = startCommand(cleanup, args, { cwd, env: application });
  await running.line(/^Skipped [1-9]\d* that were waiting\.$/);
  await running.line(/^Listening/);
  running.child.kill('SIGINT');
  assert.equal(await running.ended, 0);
  assert.doesNotMatch(running.said(), /sk_test_|whsec_/);
  const refused = await sallyport(args, { cwd, env: { ...application, SALLYPORT_KEY: 'sk_test_syp_none' } });
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /\[KEY_MALFORMED\]/);
});

test('nothing is forwarded over plain HTTP to another machine, nor to what is no address', async () => {
  for (const target of [
    'http://example.com/',
    'http://127.0.0.1.example.com/',
    'ftp://localhost/',
    'x',
    'http://u:p@localhost/',
  ]) {
    const { code, stderr } = await sallyport(['listen', '--forward', target], { cwd });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--forward/);
  }
});
