// A key is looked up where the configuration says, whatever the message says; the algorithm is the configuration's. K7 U8 U11 P12.
// Traps ("Verifying"): certificates fetched from an address in the message; algorithm or key by a field of the sender.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac, createPublicKey, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { keyPair, nowMs, sampleOf, signedInput, withHeader } from '../test/samples.ts';
import {
  keyNeeded,
  parseFetchedKey,
  parseSecret,
  parseSigningSecret,
  SCHEMES,
  sign,
  verify,
} from './index.ts';

const CERTIFICATE = 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270';

test('PayPal: only the pinned host, over https, without anything that a parser could take for another', () => {
  const needed = (url: string, parameters = {}) =>
    keyNeeded({ scheme: 'paypal', rawHeaders: ['PAYPAL-CERT-URL', url], parameters });
  assert.deepEqual(needed(CERTIFICATE), { keyId: CERTIFICATE, url: CERTIFICATE });
  const sandbox = CERTIFICATE.replace('api.', 'api.sandbox.');
  assert.deepEqual(needed(sandbox, { mode: 'test' }), { keyId: sandbox, url: sandbox });
  assert.equal(needed(sandbox), null);
  assert.equal(needed(CERTIFICATE, { mode: 'test' }), null);
  assert.equal(needed(CERTIFICATE, { mode: 'constructor' }), null);
  for (const [from, to] of [
    ['https', 'http'],
    ['https', 'HTTPS'],
    ['api.paypal.com', 'api.paypal.com.evil.test'],
    ['api.paypal.com', 'api-paypal.com'],
    ['api.paypal.com', 'API.paypal.com'],
    ['api.paypal.com', 'api.paypal.com:444'],
    ['api.paypal.com', 'api.paypal.com:443'],
    ['api.paypal.com', 'api.paypal.com.'],
    ['api.paypal.com', 'api.paypal.com@evil.test'],
    ['api.paypal.com', 'user@api.paypal.com'],
    ['api.paypal.com', 'evil.test\\@api.paypal.com'],
    ['api.paypal.com', 'api.pаypal.com'],
    ['api.paypal.com/v1', 'api.paypal.com/x/v1'],
    ['/certs/', '/certs/../../redirect?to='],
    ['/certs/', '/certs/%2e%2e/'],
    ['/certs/', '/certs//'],
    ['CERT-360', 'CERT-360?x='],
    ['CERT-360', 'CERT-360#'],
    ['CERT-360', 'x'.repeat(128)],
  ] as const)
    assert.equal(needed(CERTIFICATE.replace(from, to)), null, to);
  assert.equal(needed(`${CERTIFICATE}\n`), null);
  assert.equal(needed('https://api.paypal.com/v1/notifications/certs/'), null);
  assert.equal(keyNeeded({ scheme: 'paypal', rawHeaders: [] }), null);
  assert.equal(
    keyNeeded({
      scheme: 'paypal',
      rawHeaders: ['paypal-cert-url', CERTIFICATE, 'Paypal-Cert-Url', CERTIFICATE],
    }),
    null,
  );
});

test('Circle, Plaid, WeChat Pay: the message names a key, and no more than that', () => {
  const id = '7e2a1c3f-0000-4000-8000-000000000001';
  const circle = (value: string, parameters = {}) =>
    keyNeeded({ scheme: 'circle', rawHeaders: ['X-Circle-Key-Id', value], parameters })?.url;
  assert.equal(circle(id), `https://api.circle.com/v2/notifications/publicKey/${id}`);
  assert.equal(
    circle(id, { mode: 'test' }),
    `https://api-sandbox.circle.com/v2/notifications/publicKey/${id}`,
  );
  for (const hostile of ['../../v1/x', 'a/b', 'a?b', 'a#b', 'a%2fb', 'a.b', 'x'.repeat(129)])
    assert.equal(circle(hostile), undefined, hostile);
  const { rawHeaders } = signedInput('plaid');
  assert.deepEqual(keyNeeded({ scheme: 'plaid', rawHeaders }), { keyId: 'key-1', url: null });
  assert.equal(keyNeeded({ scheme: 'plaid', rawHeaders: ['Plaid-Verification', 'a.b.c'] }), null);
  assert.equal(keyNeeded({ scheme: 'wechat-pay', rawHeaders: ['Wechatpay-Serial', 'S1'] })?.keyId, 'S1');
  assert.equal(keyNeeded({ scheme: 'koywe', rawHeaders: [] }), null);
});

test('a certificate counts while it is valid, and made out to PayPal', (t) => {
  const own = certificate(t, '/O=PayPal, Inc./CN=messageverificationcerts.paypal.com');
  const now = Date.now();
  const at = (pem: string, moment: number) => parseFetchedKey('paypal', Buffer.from(pem), { nowMs: moment });
  const key = at(own.pem, now + 60_000);
  assert.ok(key.ok && key.notAfterMs !== null && key.notAfterMs > now);
  assert.deepEqual(at(own.pem, now - 7 * 86_400_000), { ok: false, reason: 'not-yet-valid' });
  assert.deepEqual(at(own.pem, now + 7 * 86_400_000), { ok: false, reason: 'expired' });
  for (const subject of [
    '/CN=evil.test',
    '/CN=messageverificationcerts.paypal.com.evil.test',
    '/CN=evil.test/CN=messageverificationcerts.paypal.com',
    '/O=CN=messageverificationcerts.paypal.com/CN=x',
  ]) {
    const other = certificate(t, subject);
    assert.deepEqual(at(other.pem, now + 60_000), { ok: false, reason: 'wrong-subject' }, subject);
  }
  for (const bytes of [
    '',
    'x',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    own.pem.repeat(20),
  ])
    assert.deepEqual(at(bytes, now), { ok: false, reason: 'malformed' });
  // Fetched so, it verifies what its private key signed.
  const sample = sampleOf(SCHEMES.paypal);
  const parameters = { ...sample.parameters, keyId: CERTIFICATE };
  const secrets = [parseSigningSecret('paypal', own.privateKey)];
  const { headers, body } = sign({ scheme: 'paypal', secrets, nowMs, ...sample, parameters });
  const rawHeaders = headers.flat();
  assert.equal(keyNeeded({ scheme: 'paypal', rawHeaders })?.url, CERTIFICATE);
  const fetched = { id: CERTIFICATE, bytes: key.bytes };
  assert.ok(verify({ scheme: 'paypal', secrets: [fetched], rawHeaders, body, nowMs, parameters }).ok);
});

test('keys as Circle and Plaid serve them; one that has expired, of another curve or of another kind is none', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const read = (scheme: 'circle' | 'plaid', value: unknown) => {
    const key = parseFetchedKey(scheme, Buffer.from(JSON.stringify(value)), { nowMs });
    return key.ok ? Buffer.from(key.bytes).toString('hex') : key.reason;
  };
  const base64 = spki.toString('base64');
  assert.equal(
    read('circle', { data: { id: 'x', algorithm: 'ECDSA_SHA_256', publicKey: base64 } }),
    spki.toString('hex'),
  );
  const jwk = publicKey.export({ format: 'jwk' });
  assert.equal(read('plaid', { key: { ...jwk, alg: 'ES256', expired_at: null } }), spki.toString('hex'));
  assert.equal(read('plaid', { key: { ...jwk, expired_at: 1_700_000_000 } }), 'malformed');
  assert.equal(read('plaid', { key: { kty: 'oct', k: 'AAAA' } }), 'malformed');
  assert.equal(read('plaid', { key: { ...jwk, x: 'AAAA' } }), 'malformed');
  const others = [generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), generateKeyPairSync('ed25519')].map(
    (pair) => pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  );
  for (const other of [...others, 'AAAA', `${base64}=`, ''])
    assert.equal(read('circle', { data: { publicKey: other } }), 'malformed');
});

test('a JWT of another algorithm is refused, also one under the public key as if it were a secret', () => {
  const input = signedInput('plaid');
  const [, payload = '', signature = ''] = (input.rawHeaders[1] ?? '').split('.');
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const outcome = (token: string) => {
    const verdict = verify({
      ...input,
      rawHeaders: withHeader(input.rawHeaders, 'Plaid-Verification', token),
    });
    return verdict.ok ? 'accepted' : verdict.reason;
  };
  const spki = input.secrets[0]?.bytes ?? new Uint8Array(0);
  const pem = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({
    type: 'spki',
    format: 'pem',
  });
  for (const alg of ['HS256', 'none', 'None', 'RS256', 'es256', 'ES384', '', null, 1]) {
    const signed = `${part({ alg, kid: 'key-1' })}.${payload}`;
    for (const key of [spki, pem]) {
      const mac = createHmac('sha256', key).update(signed).digest('base64url');
      assert.equal(outcome(`${signed}.${mac}`), 'algorithm-wrong');
    }
  }
  assert.equal(
    outcome(`${part({ alg: 'ES256', kid: 'key-1', crit: ['x'] })}.${payload}.${signature}`),
    'signature-malformed',
  );
  const header = part({ alg: 'ES256', kid: 'key-1', typ: 'JWT' });
  assert.equal(outcome(`${header}.${part({ iat: 1 })}.${signature}`), 'digest-mismatch');
  assert.equal(outcome(`${header}.${part({})}.${signature}`), 'timestamp-missing');
  assert.equal(outcome(`${header}.${part({ iat: '1750000000' })}.${signature}`), 'timestamp-malformed');
  assert.equal(outcome(`${header}.${part({ iat: 1.5 })}.${signature}`), 'timestamp-malformed');
  for (const hostile of [
    '',
    '..',
    'a.b',
    `${header}.${payload}`,
    `${header}.${payload}.${signature}.x`,
    `${header}.${payload}.${signature}=`,
  ])
    assert.ok(outcome(hostile) !== 'accepted', hostile);
});

test('a key is one of the algorithm or none: by configuration, when it is parsed and when it is used', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const edwards = generateKeyPairSync('ed25519');
  const pem = (pair: typeof small, kind: 'public' | 'private') =>
    kind === 'public'
      ? pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
      : pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const pair of [small, edwards]) {
    assert.throws(() => parseSecret('wise', pem(pair, 'public')), { code: 'KEY_MALFORMED' });
    assert.throws(() => parseSigningSecret('wise', pem(pair, 'private')), { code: 'KEY_MALFORMED' });
  }
  assert.throws(() => parseSecret('standard-webhooks-v1a', pem(edwards, 'private')), {
    code: 'KEY_MALFORMED',
  });
  assert.throws(
    () => parseSecret('standard-webhooks-v1a', `${pem(edwards, 'public')}${pem(edwards, 'public')}`),
    {
      code: 'KEY_MALFORMED',
    },
  );
  const input = signedInput('wise');
  const spki = edwards.publicKey.export({ type: 'spki', format: 'der' });
  const verdict = verify({ ...input, secrets: [{ id: 'x', bytes: spki }] });
  assert.ok(!verdict.ok && verdict.reason === 'secret-unusable');
  // Right bytes, right key, another hash: the header doesn't say which, and the row does.
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secrets = [{ id: 'x', bytes: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }) }];
  const made = signBytes('sha512', Buffer.from(input.body), privateKey).toString('base64');
  const other = verify({ ...input, secrets, rawHeaders: ['X-Signature-SHA256', made] });
  assert.ok(!other.ok && other.reason === 'signature-mismatch');
});

test('Ed25519 keys as Standard Webhooks writes them', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const seed = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-32);
  const verifying = parseSecret('standard-webhooks-v1a', `whpk_${raw.toString('base64')}`);
  const body = Buffer.from('{}');
  for (const text of [seed, Buffer.concat([seed, raw])].map((bytes) => `whsk_${bytes.toString('base64')}`)) {
    const secrets = [parseSigningSecret('standard-webhooks-v1a', text)];
    const { headers } = sign({ scheme: 'standard-webhooks-v1a', secrets, body, id: 'msg_1', nowMs });
    assert.match(headers.at(-1)?.[1] ?? '', /^v1a,[A-Za-z0-9+/]{86}==$/);
    const rawHeaders = headers.flat();
    const input = { scheme: 'standard-webhooks-v1a', rawHeaders, body, nowMs } as const;
    assert.ok(verify({ ...input, secrets: [{ id: 'current', bytes: verifying }] }).ok);
  }
  for (const text of [
    `whsk_${Buffer.concat([seed, seed]).toString('base64')}`,
    'whsk_',
    'whsk_AAAA',
    'whpk_AAAA',
  ])
    assert.throws(() => parseSigningSecret('standard-webhooks-v1a', text), { code: 'KEY_MALFORMED' });
  assert.throws(() => parseSecret('standard-webhooks-v1a', `whpk_${seed.toString('base64')}=`), {
    code: 'KEY_MALFORMED',
  });
  assert.ok(keyPair(SCHEMES['standard-webhooks-v1a']).verifying.bytes.length > 0);
});

interface Certificate {
  readonly pem: string;
  readonly privateKey: string;
}

function certificate(t: TestContext, subject: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, out] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', out];
  execFileSync('openssl', ['req', ...options, '-subj', subject], { stdio: 'pipe' });
  return { pem: readFileSync(out, 'utf8'), privateKey: readFileSync(key, 'utf8') };
}
