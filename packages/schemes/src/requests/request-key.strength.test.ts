// A key is of its algorithm, of its kind and long enough, when it is configured and again when it is used. U8 K1. Trap: empty secret (CVE-2026-41432).
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import {
  type PublicKeyAlgorithm,
  parsePrivateKey,
  parsePublicKey,
  parseRequestSecret,
  type RequestKey,
  SchemeFault,
  signRequest,
  verifyRequest,
} from '../index.ts';
import { fits } from './key-signature.ts';

const algorithms: readonly PublicKeyAlgorithm[] = ['ed25519', 'ml-dsa-65'];
const body = new Uint8Array(0);
const line = { method: 'GET', target: '/v1', body };
const nowMs = 1_750_000_000_000;

function generated(algorithm: PublicKeyAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  return algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-65');
}

function pems(pair: { publicKey: KeyObject; privateKey: KeyObject }): { public: string; private: string } {
  return {
    public: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    private: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

test('K1: a secret has 16 to 1024 bytes and nothing that a paste added', () => {
  assert.equal(parseRequestSecret('x'.repeat(16)).length, 16);
  for (const text of ['', 'x'.repeat(15)]) {
    assert.throws(() => parseRequestSecret(text), { code: 'SECRET_TOO_SHORT' });
  }
  for (const text of [
    `${'x'.repeat(16)}\n`,
    ` ${'x'.repeat(16)}`,
    'x'.repeat(1025),
    `\ud800${'x'.repeat(16)}`,
  ]) {
    assert.throws(() => parseRequestSecret(text), { code: 'SECRET_MALFORMED' });
  }
});

for (const algorithm of algorithms) {
  test(`${algorithm}: both PEMs are read, each in its own place alone`, () => {
    const pem = pems(generated(algorithm));
    assert.equal(parsePublicKey({ algorithm, pem: pem.public }).type, 'public');
    assert.equal(parsePrivateKey({ algorithm, pem: pem.private }).type, 'private');
    const wrong = [
      pem.private,
      `${pem.public}${pem.public}`,
      `x${pem.public}`,
      pem.public.replace('\nM', '\n*'),
      pem.public.replaceAll('PUBLIC KEY', 'CERTIFICATE'),
      pem.public.slice(0, -40),
      '',
      `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(20_000)}\n-----END PUBLIC KEY-----\n`,
    ];
    for (const text of wrong) {
      assert.throws(() => parsePublicKey({ algorithm, pem: text }), { code: 'KEY_MALFORMED' });
    }
    assert.throws(() => parsePrivateKey({ algorithm, pem: pem.public }), { code: 'KEY_MALFORMED' });
    assert.throws(() => parsePrivateKey({ algorithm, pem: '' }), { code: 'KEY_MALFORMED' });
  });
}

test('a key of another algorithm is refused when parsed, and when handed in past the parser', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const others = [generateKeyPairSync('x25519'), generateKeyPairSync('ml-dsa-44'), rsa];
  for (const algorithm of algorithms) {
    for (const other of others) {
      assert.throws(() => parsePublicKey({ algorithm, pem: pems(other).public }), { code: 'KEY_MALFORMED' });
      assert.throws(() => parsePrivateKey({ algorithm, pem: pems(other).private }), {
        code: 'KEY_MALFORMED',
      });
      const key = { algorithm, privateKey: other.privateKey };
      await assert.rejects(signRequest({ scheme: 'rfc9421', keyId: 'k', key, nowMs, ...line }), {
        code: 'KEY_MALFORMED',
      });
      const verdict = await verifyWith({ id: 'k', algorithm, publicKey: other.publicKey });
      assert.equal(verdict, 'key-unusable');
    }
  }
});

test('trap empty secret: refused when used, to sign and to verify', async () => {
  for (const length of [0, 15]) {
    const secret = new Uint8Array(length);
    const key = { algorithm: 'hmac-sha256', secret } as const;
    await assert.rejects(signRequest({ scheme: 'mintmove', keyId: 'k', key, nowMs, ...line }), {
      code: 'SECRET_TOO_SHORT',
    });
    assert.equal(await verifyWith({ id: 'k', ...key }), 'key-unusable');
  }
});

test('a private key in the place of a public one is refused', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  assert.equal(await verifyWith({ id: 'k', algorithm: 'ed25519', publicKey: privateKey }), 'key-unusable');
});

test('no key material stands in a fault', () => {
  const pem = pems(generateKeyPairSync('ed25519')).private;
  try {
    parsePublicKey({ algorithm: 'ed25519', pem });
    assert.fail('refused');
  } catch (error) {
    assert.ok(error instanceof SchemeFault);
    assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes(pem.slice(40, 60)));
  }
});

test('an Ed25519 key of small order, under which a constant would sign everything, verifies nothing', async () => {
  // With the neutral element as key, R = B and S = 1 satisfy the equation of RFC 8032 for every message.
  const header = Buffer.from('302a300506032b6570032100', 'hex');
  const neutral = Buffer.concat([header, Uint8Array.of(1), new Uint8Array(31)]);
  const publicKey = createPublicKey({ key: neutral, format: 'der', type: 'spki' });
  const signature = Buffer.concat([Buffer.from(`58${'66'.repeat(31)}01`, 'hex'), new Uint8Array(31)]);
  for (const message of ['', 'a', 'b']) {
    const key = { id: 'k', algorithm: 'ed25519', publicKey } as const;
    assert.equal(await fits(key, { chunks: [message], signature }), false);
  }
});

/** Any signature of this scheme, since the keys are looked at before it. */
async function verifyWith(key: RequestKey): Promise<string> {
  const secret = Buffer.alloc(32, 1);
  const headers = await signRequest({
    scheme: 'rfc9421',
    keyId: 'k',
    key: { algorithm: 'hmac-sha256', secret },
    nonce: 'n-0123456789abcdef',
    authority: 'gateway.test',
    nowMs,
    ...line,
  });
  const verdict = await verifyRequest({
    scheme: 'rfc9421',
    authority: 'gateway.test',
    rawHeaders: headers.flat(),
    keys: [{ id: 'good', algorithm: 'hmac-sha256', secret }, key],
    nowMs,
    ...line,
  });
  return verdict.ok ? 'accepted' : verdict.reason;
}
