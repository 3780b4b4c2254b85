// The openssl command line, which knows nothing of this code, makes the same MACs and accepts the same signatures. U8.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseRequestSecret, signRequest } from '../index.ts';

const isThere = spawnSync('openssl', ['version']).status === 0;
const skip = isThere ? false : 'there is no openssl command';
const nowMs = 1_750_000_000_000;
const text = 'request-secret-of-32-bytes-long!';
const body = Buffer.from('{"from":"BTC"}');
const line = { method: 'POST', target: '/v1/order/create?x=1', body };

function openssl(args: readonly string[], input?: string | Uint8Array): string {
  const { status, stdout, stderr } = spawnSync('openssl', args, { input: input ?? '' });
  assert.equal(status, 0, stderr.toString());
  return stdout.toString();
}

test('MintMove: the hex HMAC of the joined text', { skip }, async () => {
  const key = { algorithm: 'hmac-sha256', secret: parseRequestSecret(text) } as const;
  const headers = new Map(await signRequest({ scheme: 'mintmove', keyId: 'k', key, nowMs, ...line }));
  const content = `POST/v1/order/create?x=1${body.toString()}1750000000`;
  const made = openssl(['dgst', '-sha256', '-hmac', text, '-r'], content);
  assert.equal(headers.get('X-API-SIGN'), made.split(' ')[0]);
});

test('RFC 9421: the base written out by hand verifies under Ed25519', { skip }, async (t) => {
  const pair = generateKeyPairSync('ed25519');
  const headers = new Map(
    await signRequest({
      scheme: 'rfc9421',
      keyId: 'key_1',
      key: { algorithm: 'ed25519', privateKey: pair.privateKey },
      authority: 'gateway.test:8443',
      rawHeaders: ['Content-Type', 'application/json'],
      nonce: 'n-0123456789abcdef',
      nowMs,
      ...line,
    }),
  );
  const digest = Buffer.from(openssl(['dgst', '-sha256', '-r'], body).slice(0, 64), 'hex').toString('base64');
  const parameters =
    '("@method" "@target-uri" "content-digest" "content-type");created=1750000000;expires=1750000300' +
    ';keyid="key_1";nonce="n-0123456789abcdef";alg="ed25519";tag="sallyport"';
  const base = [
    '"@method": POST',
    '"@target-uri": https://gateway.test:8443/v1/order/create?x=1',
    `"content-digest": sha-256=:${digest}:`,
    '"content-type": application/json',
    `"@signature-params": ${parameters}`,
  ].join('\n');
  assert.equal(headers.get('Content-Digest'), `sha-256=:${digest}:`);
  assert.equal(headers.get('Signature-Input'), `sallyport=${parameters}`);
  const signature = Buffer.from((headers.get('Signature') ?? '').slice('sallyport=:'.length, -1), 'base64');

  const folder = mkdtempSync(join(tmpdir(), 'sallyport-openssl-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const args = ['pkeyutl', '-verify', '-pubin', '-rawin'];
  const publicKey = file('key.pem', pair.publicKey.export({ type: 'spki', format: 'pem' }));
  openssl([...args, '-inkey', publicKey, '-in', file('base', base), '-sigfile', file('sig', signature)]);
  const other = ['-inkey', publicKey, '-in', file('other', `${base} `), '-sigfile', join(folder, 'sig')];
  const { status } = spawnSync('openssl', [...args, ...other]);
  assert.notEqual(status, 0);
});
