// The production start refuses what is insecure, naming every finding, and a database that is out of date; with both in order it serves and drains.
// K1 P3: nothing that belongs to development gets into production.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openSecretText, silentLog, startEmbedded } from '@sallyport/gateway';
import { createAuthority, issueCertificate } from '@sallyport/sandbox/authority';
import { canary, canaryValue } from '../../../tools/leaks/canaries.ts';
import { afterwards, sallyport, withFolder } from '../../test/session.ts';

test('every finding is named, and nothing is started', async (t) => {
  const cwd = await withFolder(t);
  await writeFile(
    join(cwd, 'sallyport.yaml'),
    'mode: development\nlog: { level: debug }\npublicUrl: http://gateway.example\ntrustedProxies: [0.0.0.0/0]\n',
  );
  const env = { DATABASE_URL: `postgres://u:${canary('databasePassword')}@db.example/x` };
  for (const args of [['up'], ['up', '--json', '--migrate'], ['config', 'check']]) {
    const { code, stdout, stderr } = await sallyport(args, { cwd, env });
    assert.equal(code, 1, args.join(' '));
    for (const finding of [
      'MODE_DEVELOPMENT',
      'LOG_DEBUG',
      'PUBLIC_URL_NOT_HTTPS',
      'PROXIES_UNBOUNDED',
      'DATABASE_NOT_ENCRYPTED',
      'TLS_MISSING',
    ]) {
      assert.match(stderr, new RegExp(`^  - ${finding}: .+`, 'm'), args.join(' '));
    }
    assert.match(stderr, /\[CONFIG_INSECURE\]/);
    assert.ok(!`${stdout}${stderr}`.includes(canaryValue('databasePassword')));
    if (args.includes('--json')) assert.match(stdout, /"code":"CONFIG_INSECURE"/);
  }
});

test('without a database, or with one that does not answer', async (t) => {
  const cwd = await withFolder(t);
  const none = await sallyport(['migrate', '--json'], { cwd });
  assert.equal(none.code, 1);
  assert.match(none.stdout, /"code":"NO_DATABASE"/);
  const away = await sallyport(['migrate'], { cwd, env: { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x' } });
  assert.equal(away.code, 1);
  assert.match(away.stderr, /\[STORE_UNAVAILABLE\]/);
});

test('migrate, the first environment, up, a command, doctor, SIGHUP, SIGTERM', async (t) => {
  const { cwd, env, ca, renew } = await production(t);
  const early = await sallyport(['up', '--json'], { cwd, env });
  assert.equal(early.code, 1);
  assert.match(early.stderr, /not migrated yet: run `sallyport migrate`.+\[DATABASE_UNSUITABLE\]/);

  const migrated = await sallyport(['migrate', '--json'], { cwd, env });
  assert.equal(migrated.code, 0, migrated.stderr);
  assert.ok((JSON.parse(migrated.stdout) as { applied: number[] }).applied.length > 5);
  const again = await sallyport(['migrate'], { cwd, env });
  assert.match(again.stdout, /^The database is up to date, at version \d+\.$/m);

  const create = [
    'environments',
    'create',
    '--organization',
    'acme',
    '--name',
    'live',
    '--kind',
    'production',
    '--region',
    'eu',
  ];
  const keyless = await sallyport(create, { cwd, env });
  assert.equal(keyless.code, 1);
  assert.match(keyless.stderr, /\[ROOT_KEY_INVALID\]/);
  const made = await sallyport([...create, '--create-root-key'], { cwd, env });
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^sk_admin_syp_\w+\n$/);
  const twice = await sallyport(create, { cwd, env });
  assert.equal(twice.code, 1);
  assert.match(twice.stderr, /\[CONFLICT\]/);
  const listed = await sallyport(['environments', 'list'], { cwd, env });
  assert.match(listed.stdout, /^env_\w+ +acme +live +production +eu +active$/m);

  const explained = await sallyport(['config', 'explain', '--json'], { cwd, env });
  const { settings } = JSON.parse(explained.stdout) as {
    settings: { name: string; value: string; origin: string }[];
  };
  const url = settings.find(({ name }) => name === 'databaseUrl');
  assert.deepEqual([url?.value, url?.origin], ['[secret]', 'DATABASE_URL_FILE']);
  assert.ok(!explained.stdout.includes(new URL(await readFile(join(cwd, 'database.url'), 'utf8')).password));

  const up = startUp({ cwd, env });
  afterwards(t, () => up.child.kill('SIGKILL'));
  const first = await up.line();
  const { ready, api } = JSON.parse(first) as { ready: boolean; api: string };
  assert.equal(ready, true);
  const keyFile = join(cwd, 'admin.key');
  await writeFile(keyFile, made.stdout, { mode: 0o600 });
  const client = { SALLYPORT_URL: api, SALLYPORT_ADMIN_KEY_FILE: keyFile, SALLYPORT_CA_FILE: ca };
  const keys = await sallyport(['keys', 'list', '--json'], { cwd, env: client });
  assert.equal(keys.code, 0, keys.stderr);
  const [key] = (JSON.parse(keys.stdout) as { items: { kind: string }[] }).items;
  assert.equal(key?.kind, 'admin');
  const doctor = await sallyport(['doctor', '--json', '--platforms'], { cwd, env: { ...env, ...client } });
  assert.equal(doctor.code, 0, doctor.stdout);
  const { checks } = JSON.parse(doctor.stdout) as { checks: { check: string; state: string }[] };
  assert.deepEqual(
    checks.map(({ check, state }) => [check, state]),
    [
      'configuration',
      'state folder',
      'root key',
      'certificate',
      'database',
      'admin access',
      'listener',
      'clock',
      'disk',
      'platforms',
    ].map((check) => [check, 'ok']),
  );
  // Only the signal makes it look: the configured time is longer than this test.
  await renew();
  up.child.kill('SIGHUP');
  while (!(await up.line()).includes('The certificate was renewed.'));
  assert.equal((await sallyport(['keys', 'list'], { cwd, env: client })).code, 0);
  up.child.kill('SIGTERM');
  const [code] = (await once(up.child, 'close')) as [number | null];
  assert.equal(code, 0);
  assert.ok(!up.text().includes(made.stdout.trim()));

  // The keys were used from here: a list without this address is told of, and stops nothing.
  const strict = { ...env, SALLYPORT_ADMIN_ALLOWED_ADDRESSES: '192.0.2.0/24' };
  const warned = await sallyport(['doctor'], { cwd, env: strict });
  assert.equal(warned.code, 0, warned.stdout);
  assert.match(warned.stdout, /^! admin access .+ refuses 1 of 1 .+: 127\.0\.0\.1$/m);
  const wide = { ...env, SALLYPORT_ADMIN_ALLOWED_ADDRESSES: '192.0.2.0/24,127.0.0.0/8' };
  assert.match((await sallyport(['doctor'], { cwd, env: wide })).stdout, /^✓ admin access .+ all 1 address/m);
  const shut = startUp({ cwd, env: strict });
  afterwards(t, () => shut.child.kill('SIGKILL'));
  const { api: shutApi } = JSON.parse(await shut.line()) as { api: string };
  const refused = await sallyport(['keys', 'list'], { cwd, env: { ...client, SALLYPORT_URL: shutApi } });
  assert.match(refused.stderr, /\[ADDRESS_REFUSED\]/);
  shut.child.kill('SIGTERM');
  await once(shut.child, 'close');
  assert.match(shut.text(), /"level":"warn".+admin\.allowedAddresses refuses every address/);
});

/** A configuration that is fit for production: a certificate of an authority of its own, keys outside any repository. */
async function production(t: TestContext) {
  const cwd = await withFolder(t);
  const database = await startEmbedded({ directory: join(cwd, 'database'), log: silentLog });
  afterwards(t, () => database.stop());
  const authority = await createAuthority({ name: 'Example authority' });
  const { key, cert } = await issueCertificate(authority, { names: ['127.0.0.1'], days: 60 });
  const state = join(cwd, 'state');
  await mkdir(state, { mode: 0o700 });
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(cwd, name), text, { mode: 0o600 });
    return join(cwd, name);
  };
  await file('cert.pem', cert);
  await file('key.pem', key);
  await file(
    'sallyport.yaml',
    'stateDirectory: state\nlisten: { port: 0 }\ntls: { certFile: cert.pem, keyFile: key.pem }\nlimits: { certificateCheckMs: 3600000 }\n',
  );
  const env = { DATABASE_URL_FILE: await file('database.url', openSecretText(database.url)) };
  const renew = async (): Promise<void> => {
    const renewed = await issueCertificate(authority, { names: ['127.0.0.1'], days: 60 });
    await file('cert.pem', renewed.cert);
    await file('key.pem', renewed.key);
  };
  return { cwd, env, ca: await file('ca.pem', authority.cert), renew };
}

function startUp({ cwd, env }: { cwd: string; env: Readonly<Record<string, string>> }) {
  const program = fileURLToPath(new URL('../../bin/sallyport.mjs', import.meta.url));
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
  const child = spawn(process.execPath, [program, 'up', '--json'], {
    cwd,
    env: { PATH, HOME, ...(TMPDIR === '' ? {} : { TMPDIR }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    text: () => text,
    async line(): Promise<string> {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(text);
      return value;
    },
  };
}
