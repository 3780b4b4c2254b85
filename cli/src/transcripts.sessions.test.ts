// Every remote command does what its transcript shows, with truthful exit codes, and no secret is ever in its output.
// K1 K2 U4: credentials go in through channels that nobody sees, and come out never.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canary, canaryNames, canaryValue } from '../../tools/leaks/canaries.ts';
import { search } from '../../tools/leaks/search.ts';
import { withDeafLine } from '../test/deaf-line.ts';
import { placeOrder } from '../test/order.ts';
import { type RunningDev, sallyport, startDev, withFolder } from '../test/session.ts';
import { playTranscript } from '../test/transcript.ts';

const folder = fileURLToPath(new URL('../test/transcripts/', import.meta.url));
const hooks: (() => unknown)[] = [];
const cleanup = { after: (hook: () => unknown) => void hooks.push(hook) };
let dev: RunningDev;
let state: string;
let cwd: string;

before(async () => {
  cwd = await withFolder(cleanup);
  state = join(cwd, '.sallyport');
  dev = await startDev(cleanup, { state });
  await placeOrder({ dev, state });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  await writeFile(join(cwd, 'public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(cwd, 'private.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
});

after(async () => {
  for (const hook of hooks) await hook();
});

// In this order: a later one may rest on what an earlier one did.
const order = ['keys', 'signers', 'connections', 'endpoints', 'events', 'destinations', 'audit'];

test('every transcript is played', () => {
  assert.deepEqual(readdirSync(folder).sort(), order.map((name) => `${name}.txt`).sort());
});

for (const name of order) {
  test(`a session with ${name}`, async () => {
    const env = { CANARY: canary('platformSecret'), HOOK_SECRET: canary('webhookSecret') };
    await playTranscript(readFileSync(join(folder, `${name}.txt`), 'utf8'), { cwd, env });
  });
}

test('an export with an entry changed fails the check, which says which one', async () => {
  const lines = (await readFile(join(cwd, 'export.ndjson'), 'utf8')).trimEnd().split('\n');
  const at = lines.findIndex((line) => line.includes('"type":"entry","index":3,'));
  const line = JSON.parse(lines[at] ?? '') as { entry: string };
  const entry = Buffer.from(line.entry, 'base64').toString('utf8').replace('"success"', '"failure"');
  lines[at] = JSON.stringify({ ...line, entry: Buffer.from(entry).toString('base64') });
  await writeFile(join(cwd, 'changed.ndjson'), `${lines.join('\n')}\n`);
  const { code, stdout } = await sallyport(['audit', 'verify', 'changed.ndjson', '--json'], { cwd });
  assert.equal(code, 1);
  const report = JSON.parse(stdout) as { ok: boolean; problems: { kind: string; index: number }[] };
  assert.equal(report.ok, false);
  assert.deepEqual(
    report.problems.map(({ kind, index }) => [kind, index]),
    [['changed', 3]],
  );
});

test('a cut-off export fails against a checkpoint that was kept', async () => {
  const kept = await sallyport(['audit', 'checkpoint', '--json'], { cwd });
  const { checkpoint, verifierKey } = JSON.parse(kept.stdout) as { checkpoint: string; verifierKey: string };
  await writeFile(join(cwd, 'kept'), checkpoint);
  const lines = (await readFile(join(cwd, 'export.ndjson'), 'utf8')).trimEnd().split('\n');
  await writeFile(join(cwd, 'cut.ndjson'), `${lines.slice(0, -2).join('\n')}\n`);
  const args = ['audit', 'verify', 'cut.ndjson', '--verifier-key', verifierKey, '--known-checkpoint', 'kept'];
  const { code, stdout } = await sallyport(args, { cwd });
  assert.equal(code, 1);
  assert.match(stdout, /cut off/);
});

test('U10 a rotation whose answer was lost is asked for again, and the same secret comes', async (t) => {
  const [made] = await json<{ key: { id: string } }>('keys', 'create', '--kind', 'test', '--name', 'lost');
  const { id } = made.key;
  const profile = JSON.parse(await readFile(join(state, 'cli.json'), 'utf8')) as {
    adminKey: { secret: string };
  };
  const env = {
    SALLYPORT_URL: await withDeafLine(t, { state, api: dev.ready.api }),
    SALLYPORT_ADMIN_KEY: profile.adminKey.secret,
    SALLYPORT_CA_FILE: dev.ready.ca,
  };
  const lost = await sallyport(['keys', 'rotate', id], { cwd, env });
  assert.deepEqual([lost.code, lost.stdout], [1, '']);
  const requestKey = /--request-key ([\w-]{36})/.exec(lost.stderr)?.[1];
  assert.ok(requestKey !== undefined, lost.stderr);
  const again = ['keys', 'rotate', id, '--request-key', requestKey];
  const [first, inForce] = await json<{ id: string; secret: string }>(...again);
  assert.deepEqual((await json<{ id: string; secret: string }>(...again))[0], first);
  assert.equal(inForce, '');
  const [{ secrets }] = await json<{ secrets: { id: string }[] }>('keys', 'show', id);
  assert.deepEqual([secrets.length, secrets[0]?.id], [2, first.id]);
});

test('U9 the doctor compares the clock with every host that is called', async () => {
  const { stdout } = await sallyport(['doctor', '--platforms', '--json'], { cwd });
  const { checks } = JSON.parse(stdout) as {
    checks: { check: string; state: string; clock?: { host: string; differenceMs: number } }[];
  };
  const compared = checks.filter(({ clock }) => clock !== undefined);
  assert.deepEqual(
    compared.map(({ check, state, clock }) => [check, state, clock?.host]),
    [['clock', 'ok', new URL(dev.ready.sandbox.koywe).host]],
  );
});

test('with --json every list is one document on stdout, and nothing on stderr', async () => {
  for (const args of [['keys'], ['connections'], ['endpoints'], ['destinations'], ['events'], ['audit']]) {
    const { code, stdout, stderr } = await sallyport([...args, 'list', '--json', '--limit', '1'], { cwd });
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as { items: unknown[] }).items.length, 1);
    assert.equal(stderr, '');
  }
});

test('K1 the profile’s key never goes to an address of a variable', async () => {
  const { code, stderr } = await sallyport(['keys', 'list'], {
    cwd,
    env: { SALLYPORT_URL: 'https://127.0.0.1:1' },
  });
  assert.equal(code, 2);
  assert.match(stderr, /SALLYPORT_URL is set, but no key for it/);
});

test('U2 a certificate that the named authority did not sign is refused', async () => {
  const profile = JSON.parse(await readFile(join(state, 'cli.json'), 'utf8')) as {
    adminKey: { secret: string };
  };
  const env = { SALLYPORT_URL: dev.ready.api, SALLYPORT_ADMIN_KEY: profile.adminKey.secret };
  const { code, stderr } = await sallyport(['keys', 'list'], { cwd: join(cwd, '..'), env });
  assert.equal(code, 1);
  assert.match(stderr, /TLS_UNTRUSTED/);
  const trusted = await sallyport(['keys', 'list'], {
    cwd,
    env: { ...env, SALLYPORT_CA_FILE: dev.ready.ca },
  });
  assert.equal(trusted.code, 0, trusted.stderr);
});

test('K1 no secret stands in the log of the whole session, nor in an argument of a running process', async () => {
  const profile = await readFile(join(state, 'cli.json'), 'utf8');
  const platform = JSON.parse(await readFile(join(state, 'sandbox.json'), 'utf8')) as Record<string, string>;
  const admin = (JSON.parse(profile) as { adminKey: { secret: string } }).adminKey.secret;
  const hidden = [
    admin,
    platform['secret'],
    platform['webhookSecret'],
    canaryValue('platformSecret'),
    canaryValue('webhookSecret'),
  ];
  const log = dev.lines.slice(1).join('\n');
  const running = process.platform === 'linux' ? commandLines() : '';
  for (const secret of [...hidden, dev.ready.key]) {
    assert.ok(secret !== undefined && secret.length >= 16);
    assert.ok(!log.includes(secret), 'a secret is in the log');
    assert.ok(!running.includes(secret), 'a secret is an argument');
  }
});

test('U4 what was used as a secret is in no file and on no page of the database', async () => {
  assert.equal(await dev.end('SIGTERM'), 0);
  const values = new Map(canaryNames.map((name) => [name, canaryValue(name)]));
  const { leaks, files } = await search({ directory: state, values });
  assert.ok(files > 100);
  assert.deepEqual(leaks, []);
});

async function json<T>(...args: readonly string[]): Promise<[document: T, stderr: string]> {
  const { code, stdout, stderr } = await sallyport([...args, '--json'], { cwd });
  assert.equal(code, 0, stderr);
  return [JSON.parse(stdout) as T, stderr];
}

function commandLines(): string {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return ''; // it ended meanwhile
      }
    })
    .join('\n');
}
