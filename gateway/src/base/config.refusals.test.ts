// A configuration that is not understood refuses the start, with every problem at once, the nearest known name, and no
// value. Practices: K1 (values may be secrets), K3.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from './config.ts';
import { editDistance, nearestName } from './config-nearest.ts';
import { ALL_SETTINGS, variableOf } from './config-settings.ts';
import { Fault } from './fault.ts';
import { LIMITS } from './limits.ts';

const nowhere = '/nonexistent';

function problems(given: {
  env?: Record<string, string>;
  yaml?: string;
  t?: TestContext;
}): Map<string, string> {
  let cwd = nowhere;
  if (given.yaml !== undefined) {
    cwd = mkdtempSync(join(tmpdir(), 'config-'));
    given.t?.after(() => rmSync(cwd, { recursive: true, force: true }));
    writeFileSync(join(cwd, 'sallyport.yaml'), given.yaml);
  }
  try {
    loadConfig({ env: given.env ?? {}, cwd });
    return new Map();
  } catch (error) {
    assert.ok(error instanceof Fault);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.doesNotMatch(`${error.message} ${error.detail} ${JSON.stringify(error.fields)}`, /canary/i);
    return new Map(error.fields.map(({ path, problem }) => [path, problem]));
  }
}

test('unknown names are refused with the nearest known one, in the file and among variables', (t) => {
  assert.equal(
    problems({ env: { SALLYPORT_LISTEN_PROT: 'canary' } }).get('SALLYPORT_LISTEN_PROT'),
    'is not a setting; did you mean SALLYPORT_LISTEN_PORT?',
  );
  assert.match(
    problems({ env: { SALLYPORT_LOG_LEVEL_FILE: 'canary' } }).get('SALLYPORT_LOG_LEVEL_FILE') ?? '',
    /SALLYPORT_LOG_LEVEL\?/,
  );
  assert.equal(
    problems({ env: { SALLYPORT_XYZZY_PLUGH_FROTZ: 'canary' } }).get('SALLYPORT_XYZZY_PLUGH_FROTZ'),
    'is not a setting',
  );
  const inFile = problems({
    yaml: 'listen: { prot: 1 }\nLog: { level: info }\nlimits: { webhookBodyMax: 1 }\nclient: { url: canary }\n',
    t,
  });
  assert.match(inFile.get('listen.prot') ?? '', /mean listen\.port\?/);
  assert.match(inFile.get('Log.level') ?? '', /mean log\.level\?/);
  assert.match(inFile.get('limits.webhookBodyMax') ?? '', /mean limits\.webhookBodyBytesMax\?/);
  assert.ok(inFile.has('client.url'), 'settings of commands do not belong into the file');
});

test('all problems are reported at once, without a value', () => {
  const env = {
    SALLYPORT_LISTEN_PORT: 'canary',
    SALLYPORT_LOG_LEVEL: 'canary',
    SALLYPORT_MODE: 'canary',
    SALLYPORT_PUBLIC_URL: 'https://user:canary@host',
    SALLYPORT_TRUSTED_PROXIES: '10.0.0.0/8,canary',
    SALLYPORT_OUTBOUND_DECLARED_HOSTS: 'ok.example,https://canary',
    DATABASE_URL: 'mysql://canary',
    SALLYPORT_LIMITS_PAGE_ITEMS_MAX: '1canary',
    SALLYPORT_CANARX: 'canary',
    SALLYPORT_TLS_CERT_FILE: 'a.pem',
  };
  assert.equal(problems({ env }).size, 10);
});

test('values are read strictly', () => {
  const refused: Record<string, readonly string[]> = {
    SALLYPORT_LISTEN_PORT: ['-1', '65536', '1e3', '0x10', '1.5', ' 80', '80 ', '٣'],
    SALLYPORT_LISTEN_HOST: ['a b', 'http://x', '-x', 'x_y', '256.1.1.1/8', `${'a'.repeat(64)}.example`],
    SALLYPORT_PUBLIC_URL: [
      'host',
      'ftp://x',
      'https://x/path',
      'https://x?a=1',
      'https://x/#a',
      'https://u@x',
    ],
    SALLYPORT_TRUSTED_PROXIES: ['10.0.0.0/33', 'fd00::/129', '10.0.0', 'host', '10.0.0.0/8/8', '010.0.0.0/8'],
    SALLYPORT_OUTBOUND_DECLARED_HOSTS: ['x:0', 'x:65536', 'fd00::1', '[10.0.0.1]', '*.example', 'x/y', 'a@b'],
    DATABASE_URL: ['host', 'https://x', 'postgres'],
    SALLYPORT_REDIS_URL: [
      'host:6379',
      'https://x',
      'redis://',
      'redis://x/a',
      'redis://x/0?tls=1',
      'redis://%zz@x',
    ],
    SALLYPORT_REDIS_DECLARED_HOSTS: ['fd00::1', 'a@b'],
    SALLYPORT_MODE: ['Production', 'dev'],
  };
  for (const [name, values] of Object.entries(refused)) {
    for (const value of values)
      assert.equal(problems({ env: { [name]: value } }).size, 1, `${name}=${value}`);
  }
  const accepted: Record<string, readonly string[]> = {
    SALLYPORT_LISTEN_HOST: ['::', '0.0.0.0', 'gateway.internal'],
    SALLYPORT_PUBLIC_URL: ['https://gateway.example', 'https://gateway.example:8443/'],
    SALLYPORT_TRUSTED_PROXIES: ['10.0.0.1', '10.0.0.0/8, fd00::/8', ''],
    SALLYPORT_OUTBOUND_DECLARED_HOSTS: ['Orders.Internal', '10.0.0.7:8443,[fd00::1]:443', '127.0.0.1'],
    SALLYPORT_REDIS_URL: [
      'redis://127.0.0.1',
      'rediss://user:p%40ss@cache.example:6380/3',
      'redis://[::1]:6379/',
    ],
    DATABASE_URL: ['postgres://u:p@h/d', 'postgresql:///d?host=/run/pg'],
  };
  for (const [name, values] of Object.entries(accepted)) {
    for (const value of values)
      assert.deepEqual(problems({ env: { [name]: value } }), new Map(), `${name}=${value}`);
  }
});

test('limits keep to their bounds (invariant 7)', () => {
  for (const [name, { min, max }] of Object.entries(LIMITS)) {
    const variable = variableOf(`limits.${name}`);
    for (const value of [min - 1, max + 1])
      assert.equal(problems({ env: { [variable]: String(value) } }).size, 1, name);
    for (const value of [min, max])
      assert.equal(problems({ env: { [variable]: String(value) } }).size, 0, name);
  }
});

test('a certificate without its key is refused, and the key without it', () => {
  assert.ok(problems({ env: { SALLYPORT_TLS_CERT_FILE: 'a.pem' } }).has('tls'));
  assert.ok(problems({ env: { SALLYPORT_TLS_KEY_FILE: 'a.pem' } }).has('tls'));
});

test('a file that is not YAML, repeats a name, or uses aliases is refused by line, without a quotation', (t) => {
  const reason = (yaml: string) => [...problems({ yaml, t }).values()].join();
  assert.match(reason('listen:\n  port: [canary\n'), /not valid YAML at line \d/);
  assert.match(reason('mode: production\nmode: canary\n'), /line 2 \(DUPLICATE_KEY\)/);
  assert.match(reason('a: &a [canary]\nb: *a\n'), /aliases/);
  assert.match(reason('- canary\n'), /must hold names and values/);
  assert.match(reason(`# ${'x'.repeat(300_000)}`), /larger/);
  assert.match(reason('listen: { port: { deep: { er: { and: { deeper: canary } } } } }'), /not a setting/);
  assert.equal(problems({ yaml: 'trustedProxies:\n  - { canary: 1 }\n', t }).size, 1);
  assert.equal(problems({ yaml: 'listen: { port: [1, 2] }', t }).size, 1);
  assert.equal(problems({ yaml: '', t }).size, 0);
  assert.equal(problems({ yaml: 'listen:\n', t }).size, 0);
});

test('no value of any variable shows in the refusal, whatever it is', () => {
  const names = ALL_SETTINGS.filter((row) => row.reader === 'gateway').flatMap((row) => row.variables);
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string({ minLength: 1, maxLength: 30 }), (name, text) => {
      problems({ env: { [name]: `canary${text}` } });
    }),
    { seed: 7, numRuns: 500 },
  );
});

test('the nearest name is the one with the fewest edits; nothing is near to something else', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(nearestName('lisen.prt', ['listen.host', 'listen.port']), 'listen.port');
  assert.equal(nearestName('zzz', ['listen.host']), null);
  assert.equal(nearestName('x'.repeat(1_000_000), ['listen.host']), null);
});
