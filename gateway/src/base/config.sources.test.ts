// A setting comes from where the documents say, with that precedence; a secret never stands in the file and never shows.
// Practices: K1 U2 L1 P3 Q1 (secrets by env: and file:, never in the open), K3.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type ConfigOptions, loadClientConfig, loadConfig } from './config.ts';
import { explainConfig, explainText } from './config-explain.ts';
import { ALL_SETTINGS, variableOf } from './config-settings.ts';
import { Fault } from './fault.ts';
import { LIMITS } from './limits.ts';
import { openSecretText, type Secret } from './secret.ts';

const CANARY = 'postgres://owner:hunter2canary@db.internal/sallyport';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'config-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function write(file: string, text: string, mode = 0o600): string {
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

/** The problems of a configuration that must be refused; they hold no canary. */
function problemsOf(options: ConfigOptions): Record<string, string> {
  try {
    loadConfig(options);
  } catch (error) {
    assert.ok(error instanceof Fault);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.doesNotMatch(`${error.message} ${error.detail} ${JSON.stringify(error.fields)}`, /canary/);
    return Object.fromEntries(error.fields.map(({ path, problem }) => [path, problem]));
  }
  assert.fail('accepted');
}

function urlOf(secret: Secret | null): string | null {
  return secret === null ? null : openSecretText(secret);
}

test('without file and variables every setting has its default, and paths are absolute', (t) => {
  const cwd = folder(t);
  const { config, origins, file } = loadConfig({ env: {}, cwd });
  assert.equal(file, null);
  assert.deepEqual(new Set(origins.values()), new Set(['default']));
  assert.equal(config.mode, 'production');
  assert.equal(config.databaseUrl, null);
  assert.equal(config.stateDirectory, join(cwd, '.sallyport'));
  assert.equal(config.rootKeyFile, join(cwd, '.sallyport/root.key'));
  assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8443, plainPort: null });
  for (const [name, row] of Object.entries(LIMITS))
    assert.equal(new Map(Object.entries(config.limits)).get(name), row.value);
});

test('every setting of the gateway is read: none stands in the table alone', (t) => {
  const { origins } = loadConfig({ env: {}, cwd: folder(t) });
  const wanted = ALL_SETTINGS.filter((row) => row.reader === 'gateway').map((row) => row.name);
  assert.deepEqual([...origins.keys()].sort(), wanted.sort());
});

test('names and variables are unique, and secrets have no initial value', () => {
  for (const values of [ALL_SETTINGS.map((row) => row.name), ALL_SETTINGS.flatMap((row) => row.variables)]) {
    assert.equal(new Set(values).size, values.length);
  }
  for (const row of ALL_SETTINGS) if (row.isSecret) assert.equal(row.initial, null);
  assert.equal(variableOf('limits.webhookBodyBytesMax'), 'SALLYPORT_LIMITS_WEBHOOK_BODY_BYTES_MAX');
});

test('command over variable over file over default', (t) => {
  const cwd = folder(t);
  write(
    join(cwd, 'sallyport.yaml'),
    'listen: { host: 0.0.0.0, port: 1111 }\nlog: { level: warn }\nlimits:\n  pageItemsMax: 50\n',
  );
  const env = { SALLYPORT_LISTEN_PORT: '2222', SALLYPORT_LOG_LEVEL: '' };
  const { config, origins } = loadConfig({ env, cwd, overrides: { 'limits.pageItemsMax': 60 } });
  assert.deepEqual(config.listen, { host: '0.0.0.0', port: 2222, plainPort: null });
  assert.equal(config.log.level, 'warn', 'an empty variable counts as not set');
  assert.equal(config.limits.pageItemsMax, 60);
  assert.deepEqual(
    ['listen.host', 'listen.port', 'log.level', 'limits.pageItemsMax', 'log.format'].map((name) =>
      origins.get(name),
    ),
    ['file', 'SALLYPORT_LISTEN_PORT', 'file', 'command', 'default'],
  );
});

test('the file is the one named, by option before variable; a named one must exist', (t) => {
  const cwd = folder(t);
  write(join(cwd, 'sallyport.yaml'), 'listen: { port: 1 }');
  write(join(cwd, 'a.yaml'), 'listen: { port: 2 }');
  write(join(cwd, 'b.yaml'), 'listen: { port: 3 }');
  assert.equal(loadConfig({ env: {}, cwd }).config.listen.port, 1);
  assert.equal(loadConfig({ env: { SALLYPORT_CONFIG: 'a.yaml' }, cwd }).config.listen.port, 2);
  assert.equal(
    loadConfig({ env: { SALLYPORT_CONFIG: 'a.yaml' }, cwd, file: 'b.yaml' }).config.listen.port,
    3,
  );
  assert.match(
    Object.values(problemsOf({ env: {}, cwd, file: 'none.yaml' })).join(),
    /can not be read \(ENOENT\)/,
  );
});

test('paths begin where they were written: at the file, or at the working directory', (t) => {
  const cwd = folder(t);
  mkdirSync(join(cwd, 'etc'));
  write(join(cwd, 'etc/s.yaml'), 'rootKeyFile: keys/root.key\n');
  const { config } = loadConfig({ env: { SALLYPORT_OUTBOUND_CA_FILE: 'ca.pem' }, cwd, file: 'etc/s.yaml' });
  assert.equal(config.rootKeyFile, join(cwd, 'etc/keys/root.key'));
  assert.equal(config.outbound.caFile, join(cwd, 'ca.pem'));
});

test('DATABASE_URL is taken, SALLYPORT_DATABASE_URL before it, and *_FILE without its last line end (K1)', (t) => {
  const cwd = folder(t);
  const of = (env: Record<string, string>) => loadConfig({ env, cwd }).config;
  assert.equal(urlOf(of({ DATABASE_URL: CANARY }).databaseUrl), CANARY);
  assert.equal(urlOf(of({ DATABASE_URL: CANARY }).migrateDatabaseUrl), CANARY);
  assert.equal(
    urlOf(of({ DATABASE_URL: 'postgres://other/x', SALLYPORT_DATABASE_URL: CANARY }).databaseUrl),
    CANARY,
  );
  for (const [text, wanted] of [
    [`${CANARY}\n`, CANARY],
    [`${CANARY}\r\n`, CANARY],
    [`${CANARY}?a= \n\n`, `${CANARY}?a= \n`],
  ] as const) {
    const file = write(join(cwd, 'url'), text);
    assert.equal(urlOf(of({ DATABASE_URL_FILE: file }).databaseUrl), wanted);
  }
});

test('a secret file that others can read or write refuses the start (K1)', (t) => {
  const cwd = folder(t);
  for (const mode of [0o640, 0o604, 0o644, 0o620, 0o602]) {
    const file = write(join(cwd, 'url'), CANARY, mode);
    assert.match(
      problemsOf({ env: { DATABASE_URL_FILE: file }, cwd }).DATABASE_URL_FILE ?? '',
      /mode 06.*set it to 0600/,
    );
  }
  write(join(cwd, 'url'), CANARY, 0o400);
  assert.equal(urlOf(loadConfig({ env: { DATABASE_URL_FILE: 'url' }, cwd }).config.databaseUrl), CANARY);
});

test('a secret file that is missing, empty, a folder, too large or not text refuses the start', (t) => {
  const cwd = folder(t);
  const problem = (file: string) =>
    problemsOf({ env: { DATABASE_URL_FILE: file }, cwd }).DATABASE_URL_FILE ?? '';
  assert.match(problem('none'), /ENOENT/);
  assert.match(problem(write(join(cwd, 'empty'), '\n')), /empty/);
  assert.match(problem(cwd), /not a file/);
  assert.match(problem('/dev/zero'), /not a file/);
  assert.match(problem(write(join(cwd, 'large'), 'x'.repeat(70_000))), /larger/);
  writeFileSync(join(cwd, 'binary'), Buffer.from([0xff, 0xfe]), { mode: 0o600 });
  assert.match(problem('binary'), /not UTF-8/);
});

test('a variable and its _FILE together are refused: nobody could say which holds', (t) => {
  const cwd = folder(t);
  const env = { DATABASE_URL: CANARY, DATABASE_URL_FILE: write(join(cwd, 'url'), CANARY) };
  assert.match(problemsOf({ env, cwd }).databaseUrl ?? '', /both DATABASE_URL and DATABASE_URL_FILE/);
});

test('the file refers to secrets by env: and file:, and a secret in the open refuses the start (K1 P3)', (t) => {
  const cwd = folder(t);
  write(join(cwd, 'url'), `${CANARY}\n`);
  const file = write(
    join(cwd, 'sallyport.yaml'),
    'databaseUrl: env:SALLYPORT_MY_DATABASE\nmigrateDatabaseUrl: file:url\n',
    0o644,
  );
  const { config, origins } = loadConfig({ env: { SALLYPORT_MY_DATABASE: CANARY }, cwd });
  assert.equal(urlOf(config.databaseUrl), CANARY);
  assert.equal(urlOf(config.migrateDatabaseUrl), CANARY);
  assert.deepEqual([origins.get('databaseUrl'), origins.get('migrateDatabaseUrl')], ['env:', 'file:']);
  assert.match(problemsOf({ env: {}, cwd }).databaseUrl ?? '', /variable that is not set/);
  write(file, `databaseUrl: ${CANARY}\n`);
  assert.match(problemsOf({ env: {}, cwd }).databaseUrl ?? '', /must not stand in the file/);
});

test('the tables for people show no secret, and where each value came from (K1)', (t) => {
  const cwd = folder(t);
  const loaded = loadConfig({
    env: { DATABASE_URL: CANARY, SALLYPORT_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8' },
    cwd,
  });
  const rows = explainConfig(loaded);
  const byName = new Map(rows.map((row) => [row.name, row]));
  assert.doesNotMatch(JSON.stringify(rows) + explainText(rows) + JSON.stringify(loaded.config), /canary/);
  assert.equal(byName.get('databaseUrl')?.value, '[secret]');
  assert.equal(byName.get('databaseUrl')?.origin, 'DATABASE_URL');
  assert.equal(byName.get('trustedProxies')?.value, '10.0.0.0/8, fd00::/8');
  assert.equal(byName.get('listen.port')?.origin, 'default');
  assert.deepEqual(explainText(rows).split('\n')[0]?.trim().split(/\s+/), [
    'SETTING',
    'VALUE',
    'FROM',
    'ABOUT',
  ]);
});

test('commands read their own variables, which a gateway leaves alone', (t) => {
  const cwd = folder(t);
  const env = {
    SALLYPORT_URL: 'https://gateway.example',
    SALLYPORT_ADMIN_KEY_FILE: write(join(cwd, 'key'), 'sk_admin_x\n'),
    SALLYPORT_CA_FILE: 'ca.pem',
  };
  const client = loadClientConfig({ env, cwd });
  assert.equal(client.url, 'https://gateway.example');
  assert.equal(urlOf(client.adminKey), 'sk_admin_x');
  assert.equal(client.caFile, join(cwd, 'ca.pem'));
  loadConfig({ env, cwd });
  loadConfig({ env: { SALLYPORT_TEST_DATABASE_URL: 'x', SALLYPORT_VECTORS: 'y' }, cwd });
});

test('a configuration is frozen, to its last list', (t) => {
  const { config } = loadConfig({ env: { SALLYPORT_TRUSTED_PROXIES: '10.0.0.0/8' }, cwd: folder(t) });
  for (const part of [
    config,
    config.listen,
    config.limits,
    config.outbound.declaredHosts,
    config.trustedProxies,
  ]) {
    assert.ok(Object.isFrozen(part));
  }
});
