// Every signed call verifies at an HTTPS server that knows nothing but the key, afresh each time, bears nothing else, and shows no key. U8 U9 K1 P12.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { certificate, type SeenRequest, startServer } from '@sallyport/sandbox/loopback-server';
import { parseRequestSecret, type RequestKey, verifyRequest } from '@sallyport/schemes';
import { type CallRequest, createSallyport, type Signing } from './index.ts';

const key = 'sk_test_syp_0123456789abcdefghijklmnop';
const secret = 'signing-secret-of-32-bytes-long!';
const ed = generateKeyPairSync('ed25519');
const ml = generateKeyPairSync('ml-dsa-65');
const pem = (pair: typeof ed) => pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const hmac: RequestKey = { id: 'hmac', algorithm: 'hmac-sha256', secret: parseRequestSecret(secret) };

const cases: readonly (readonly [Signing, RequestKey])[] = [
  [{ keyId: 'key_1', secret }, hmac],
  [{ scheme: 'mintmove', keyId: 'key_1', secret }, hmac],
  [
    { keyId: 'key_1', privateKey: pem(ed) },
    { id: 'ed', algorithm: 'ed25519', publicKey: ed.publicKey },
  ],
  [
    { keyId: 'key_1', privateKey: pem(ml) },
    { id: 'ml', algorithm: 'ml-dsa-65', publicKey: ml.publicKey },
  ],
];

const requests: readonly CallRequest[] = [
  { method: 'GET', path: '/v1/rate?from=BTC&to=USDT' },
  { method: 'POST', path: '/v1/orders', body: { amount: 100, text: 'é' }, idempotencyKey: 'order-1' },
  {
    method: 'PUT',
    path: '/v1/orders',
    body: Uint8Array.of(0x7b, 0xff, 0),
    headers: { 'Content-Type': 'x/y' },
  },
  { method: 'DELETE', path: '/v1/orders/1' },
  { method: 'HEAD', path: '/' },
];

async function verdictOf(seen: SeenRequest | undefined, scheme: Signing['scheme'], candidate: RequestKey) {
  assert.ok(seen !== undefined);
  const { method = '', target = '', headers, rawHeaders, body } = seen;
  return await verifyRequest({
    scheme: scheme ?? 'rfc9421',
    method,
    target,
    authority: headers.host ?? '',
    rawHeaders,
    body,
    keys: [candidate],
    nowMs: Date.now(),
  });
}

for (const [signing, candidate] of cases) {
  const { scheme = 'rfc9421' } = signing;
  test(`${scheme} under ${candidate.algorithm}: as sent, each call verifies, and no two have one MAC`, async (t) => {
    const server = await startServer(t, { answer: (response) => void response.writeHead(200).end() });
    const sallyport = createSallyport({ url: server.url, ca: certificate.ca, signing });
    t.after(() => sallyport.close());
    const macs = new Set<string>();
    for (const request of requests) {
      await sallyport.call('con_1', request);
      const seen = server.seen.at(-1);
      const verdict = await verdictOf(seen, scheme, candidate);
      assert.ok(verdict.ok, verdict.ok ? '' : `${request.method}: ${verdict.reason}`);
      assert.equal(verdict.keyId, 'key_1');
      assert.equal(seen?.headers.authorization, undefined);
      assert.ok(seen?.rawHeaders.every((text) => !text.includes('sk_')));
      macs.add(Buffer.from(verdict.mac).toString('hex'));
    }
    assert.equal(macs.size, requests.length);
  });
}

test('rfc9421: the same call again has another signature, and covers the idempotency key', async (t) => {
  const server = await startServer(t, { answer: (response) => void response.writeHead(200).end() });
  const signing = { keyId: 'key_1', secret };
  const sallyport = createSallyport({ url: server.url, ca: certificate.ca, signing });
  t.after(() => sallyport.close());
  const request = { method: 'POST', path: '/v1/orders', body: { a: 1 }, idempotencyKey: 'order-1' } as const;
  await sallyport.call('con_1', request);
  await sallyport.call('con_1', request);
  const [first, second] = server.seen;
  assert.notEqual(first?.headers['signature'], second?.headers['signature']);
  assert.ok(first !== undefined);
  const rawHeaders = first.rawHeaders.map((text) => (text === 'order-1' ? 'order-2' : text));
  const verdict = await verdictOf({ ...first, rawHeaders }, 'rfc9421', hmac);
  assert.equal(verdict.ok ? 'accepted' : verdict.reason, 'signature-mismatch');
});

test('without signing, no header of a signature is sent', async (t) => {
  const server = await startServer(t, { answer: (response) => void response.writeHead(200).end() });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  await sallyport.call('con_1', { method: 'GET', path: '/' });
  const names = Object.keys(server.seen[0]?.headers ?? {});
  assert.ok(!names.some((name) => /sign|digest|^x-api/.test(name)), names.join());
});

test('what cannot be signed without doubt is refused unsent', async (t) => {
  const server = await startServer(t, { answer: (response) => void response.writeHead(200).end() });
  const of = (signing: Signing) => {
    const sallyport = createSallyport({ url: server.url, ca: certificate.ca, signing });
    t.after(() => sallyport.close());
    return sallyport;
  };
  const standard = of({ keyId: 'key_1', secret });
  const mintmove = of({ scheme: 'mintmove', keyId: 'key_1', secret });
  const refusals: readonly (readonly [typeof standard, CallRequest])[] = [
    [standard, { method: 'GET', path: '/', headers: { Signature: 'x' } }],
    [standard, { method: 'GET', path: '/', headers: { 'content-digest': 'x' } }],
    [standard, { method: 'GET', path: '/%zz' }],
    [mintmove, { method: 'GET', path: '/', headers: { 'x-api-key': 'x' } }],
    [mintmove, { method: 'GET', path: '/{' }],
    [mintmove, { method: 'POST', path: '/', body: Buffer.from('a=b') }],
  ];
  for (const [sallyport, request] of refusals) {
    await assert.rejects(sallyport.call('con_1', request), { code: 'SDK_UNSIGNABLE' }, request.path);
  }
  assert.equal(server.seen.length, 0);
});

test('K1: a signing key that is none is refused at once, and neither errors nor the client show one', () => {
  const url = 'https://127.0.0.1';
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const wrong: readonly Signing[] = [
    { keyId: 'key_1' },
    { keyId: 'key_1', secret, privateKey: pem(ed) },
    { keyId: 'key_1', secret: 'fifteen-bytes-x' },
    { keyId: 'key_1', secret: `${secret}\n` },
    { keyId: '', secret },
    { keyId: 'a b', secret },
    { keyId: 'sgn_01k9', secret },
    { keyId: key, secret },
    { keyId: 'key_1', privateKey: secret },
    { keyId: 'key_1', privateKey: pem(rsa) },
    { keyId: 'key_1', privateKey: ed.publicKey.export({ type: 'spki', format: 'pem' }).toString() },
    { scheme: 'mintmove', keyId: 'key_1', privateKey: pem(ed) },
  ];
  for (const signing of wrong) {
    assert.throws(
      () => createSallyport({ url, signing }),
      (error) => {
        assert.ok(!inspect(error, { depth: 10 }).includes(signing.secret ?? secret));
        return error instanceof Error && Reflect.get(error, 'code') === 'SDK_SIGNING_INVALID';
      },
    );
  }
  const client = createSallyport({ url, signing: { keyId: 'key_1', secret } });
  assert.ok(!inspect(client, { showHidden: true, depth: 10 }).includes(secret));
});

test('a client has one credential: a key or signing, by its type and at run time', () => {
  const url = 'https://127.0.0.1';
  const signing = { keyId: 'key_1', secret };
  // @ts-expect-error -- both
  assert.throws(() => createSallyport({ url, key, signing }), { code: 'SDK_CREDENTIAL_INVALID' });
  // @ts-expect-error -- neither
  assert.throws(() => createSallyport({ url }), { code: 'SDK_CREDENTIAL_INVALID' });
});
