// A production start is refused for every insecurity in the table, and for nothing else.
// Practices: K3 K8 U6 L4 P10 Q14 (HTTPS only), K1 (root key), K14 U7 (trusted proxies), K13 (no debug output).
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { type Config, loadConfig } from './config.ts';
import { DEVELOPMENT_AUTHORITY, INSECURITIES, insecurities } from './config-insecurities.ts';

const development = await createAuthority({ name: `${DEVELOPMENT_AUTHORITY} of a test` });
const trusted = await createAuthority({ name: 'Example trusted authority' });

async function sound(t: TestContext): Promise<{ folder: string; env: Record<string, string> }> {
  const folder = mkdtempSync(join(tmpdir(), 'insecure-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  const { cert, key } = await issueCertificate(trusted, { names: ['gateway.localhost'] });
  writeFileSync(join(folder, 'tls.crt'), cert);
  writeFileSync(join(folder, 'tls.key'), key, { mode: 0o600 });
  writeFileSync(join(folder, 'root.key'), 'x', { mode: 0o600 });
  const env = {
    DATABASE_URL: 'postgres://u:p@db.example/d?sslmode=verify-full',
    SALLYPORT_STATE_DIRECTORY: 'state',
    SALLYPORT_ROOT_KEY_FILE: 'root.key',
    SALLYPORT_TLS_CERT_FILE: 'tls.crt',
    SALLYPORT_TLS_KEY_FILE: 'tls.key',
    SALLYPORT_PUBLIC_URL: 'https://gateway.example',
  };
  return { folder, env };
}

function codes(config: Config): string[] {
  const found = insecurities(config);
  for (const { what, remedy } of found) assert.ok(what.length > 10 && remedy.length > 10);
  return found.map(({ code }) => code);
}

test('a sound configuration has no insecurity', async (t) => {
  const { folder, env } = await sound(t);
  const more = {
    SALLYPORT_TRUSTED_PROXIES: '10.0.0.0/8,fd00::/16',
    SALLYPORT_OUTBOUND_DECLARED_HOSTS: 'orders.internal,10.0.0.7:8443,localhost:9443',
    SALLYPORT_LISTEN_HOST: '0.0.0.0',
  };
  assert.deepEqual(codes(loadConfig({ env: { ...env, ...more }, cwd: folder }).config), []);
  for (const url of [
    'postgres://u:p@127.0.0.1/d',
    'postgres://u:p@[::1]/d',
    'postgres:///d?host=/run/pg',
    'postgres://u:p@localhost/d',
  ]) {
    assert.deepEqual(codes(loadConfig({ env: { ...env, DATABASE_URL: url }, cwd: folder }).config), [], url);
  }
});

test('a Redis without TLS is sound on this machine, and on a private network that was declared', async (t) => {
  const { folder, env } = await sound(t);
  const found = (url: string, declared = ''): string[] =>
    codes(
      loadConfig({
        env: { ...env, SALLYPORT_REDIS_URL: url, SALLYPORT_REDIS_DECLARED_HOSTS: declared },
        cwd: folder,
      }).config,
    );
  for (const [url, declared] of [
    ['rediss://:p@cache.example'],
    ['redis://:p@127.0.0.1:6379/1'],
    ['redis://[::1]'],
    ['redis://localhost'],
    ['redis://10.0.0.7', '10.0.0.7'],
    ['redis://10.0.0.7:6380', '10.0.0.7:6380'],
    ['redis://[fd00::7]', '[fd00::7]'],
    ['redis://CACHE.internal', 'cache.internal'],
  ] as const) {
    assert.deepEqual(found(url, declared), [], url);
  }
  for (const [url, declared] of [
    ['redis://cache.internal'],
    ['redis://10.0.0.7', '10.0.0.8'],
    ['redis://10.0.0.7:6380', '10.0.0.7:6379'],
    ['redis://203.0.113.7', '203.0.113.7'],
    ['redis://127.0.0.1.example', '127.0.0.1'],
  ] as const) {
    assert.deepEqual(found(url, declared), ['REDIS_NOT_ENCRYPTED'], url);
  }
});

test('each insecurity of the table is found, alone', async (t) => {
  const { folder, env } = await sound(t);
  const pair = await issueCertificate(development, { names: ['gateway.localhost'] });
  writeFileSync(join(folder, 'dev.crt'), pair.cert);
  writeFileSync(join(folder, 'dev-ca.crt'), development.cert);
  writeFileSync(join(folder, 'empty.crt'), '');
  mkdirSync(join(folder, 'repository/.git'), { recursive: true });
  mkdirSync(join(folder, 'repository/keys'));
  mkdirSync(join(folder, 'open'), { mode: 0o755 });
  for (const [name, mode] of [
    ['loose.key', 0o640],
    ['world.key', 0o604],
  ] as const) {
    writeFileSync(join(folder, name), 'x');
    chmodSync(join(folder, name), mode);
  }
  const { SALLYPORT_TLS_CERT_FILE: _cert, SALLYPORT_TLS_KEY_FILE: _key, ...withoutTls } = env;
  const { DATABASE_URL: _url, ...withoutDatabase } = env;
  const cases: readonly (readonly [string, Record<string, string>])[] = [
    ['MODE_DEVELOPMENT', { ...env, SALLYPORT_MODE: 'development' }],
    ['DATABASE_EMBEDDED', withoutDatabase],
    ['DATABASE_NOT_ENCRYPTED', { ...env, DATABASE_URL: 'postgres://u:p@db.example/d' }],
    ['DATABASE_NOT_ENCRYPTED', { ...env, DATABASE_URL: 'postgres://u:p@10.0.0.7/d?sslmode=prefer' }],
    [
      'DATABASE_NOT_ENCRYPTED',
      { ...env, SALLYPORT_MIGRATE_DATABASE_URL: 'postgres://u:p@db.example/d?sslmode=disable' },
    ],
    ['REDIS_NOT_ENCRYPTED', { ...env, SALLYPORT_REDIS_URL: 'redis://:p@cache.example' }],
    ['TLS_MISSING', withoutTls],
    ['TLS_DEVELOPMENT_CERTIFICATE', { ...env, SALLYPORT_TLS_CERT_FILE: 'dev.crt' }],
    ['TLS_DEVELOPMENT_CERTIFICATE', { ...env, SALLYPORT_OUTBOUND_CA_FILE: 'dev-ca.crt' }],
    ['TLS_CERTIFICATE_UNREADABLE', { ...env, SALLYPORT_TLS_CERT_FILE: 'empty.crt' }],
    ['TLS_CERTIFICATE_UNREADABLE', { ...env, SALLYPORT_OUTBOUND_CA_FILE: 'none.crt' }],
    ['KEY_FILE_READABLE', { ...env, SALLYPORT_TLS_KEY_FILE: 'world.key' }],
    ['ROOT_KEY_LOOSE', { ...env, SALLYPORT_ROOT_KEY_FILE: 'loose.key' }],
    ['ROOT_KEY_IN_REPOSITORY', { ...env, SALLYPORT_ROOT_KEY_FILE: 'repository/keys/root.key' }],
    ['STATE_DIRECTORY_OPEN', { ...env, SALLYPORT_STATE_DIRECTORY: 'open' }],
    ['PUBLIC_URL_NOT_HTTPS', { ...env, SALLYPORT_PUBLIC_URL: 'http://gateway.example' }],
    ['DEVELOPMENT_HOSTS', { ...env, SALLYPORT_OUTBOUND_DEVELOPMENT_HOSTS: '127.0.0.1:9443' }],
    ['LOOPBACK_DECLARED', { ...env, SALLYPORT_OUTBOUND_DECLARED_HOSTS: 'localhost' }],
    ['LOOPBACK_DECLARED', { ...env, SALLYPORT_OUTBOUND_DECLARED_HOSTS: '[::1]' }],
    ['METADATA_DECLARED', { ...env, SALLYPORT_OUTBOUND_DECLARED_HOSTS: '169.254.169.254:80' }],
    ['PROXIES_UNBOUNDED', { ...env, SALLYPORT_TRUSTED_PROXIES: '0.0.0.0/0' }],
    ['PROXIES_UNBOUNDED', { ...env, SALLYPORT_TRUSTED_PROXIES: '::/0' }],
    ['LOG_DEBUG', { ...env, SALLYPORT_LOG_LEVEL: 'debug' }],
  ];
  for (const [code, given] of cases) {
    assert.deepEqual(codes(loadConfig({ env: given, cwd: folder }).config), [code], JSON.stringify(given));
  }
  assert.deepEqual(new Set(cases.map(([code]) => code)), new Set(Object.keys(INSECURITIES)));
});

test('what is insecure is told without a secret (K1)', () => {
  const env = { DATABASE_URL: 'postgres://u:canary@db.example/d', SALLYPORT_MODE: 'development' };
  assert.doesNotMatch(
    JSON.stringify(insecurities(loadConfig({ env, cwd: '/nonexistent' }).config)),
    /canary/,
  );
});
