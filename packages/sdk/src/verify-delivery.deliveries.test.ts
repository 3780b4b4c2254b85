// A delivery is the application's only when Sallyport signed its bytes, however the headers are handed over. K7 U11 L11 P12.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { parseSecret, sign } from '@sallyport/schemes';
import { verifyDelivery } from './index.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const nowMs = 1_750_000_000_000;
const body = Buffer.from('{"id":"evt_1","type":"order.paid","amount":1.0}');

function signed(bytes: Uint8Array, id = 'evt_9'): readonly (readonly [string, string])[] {
  return sign({
    scheme: 'standard-webhooks',
    secrets: [parseSecret('standard-webhooks', secret)],
    body: bytes,
    id,
    nowMs,
  }).headers;
}

test('raw headers, Node headers and fetch headers are all read alike', () => {
  const pairs = signed(body);
  const kinds = [
    pairs.flat(),
    Object.fromEntries(pairs),
    new Headers(pairs.map(([name, value]) => [name, value])),
  ];
  for (const headers of kinds) {
    const delivery = verifyDelivery({ secret, headers, body, nowMs });
    assert.ok(delivery.ok);
    assert.equal(delivery.id, 'evt_9');
    assert.deepEqual(delivery.event, { id: 'evt_1', type: 'order.paid', amount: 1 });
    assert.equal(delivery.bytes, body);
  }
});

test('a header that came twice is refused in each of them', () => {
  const pairs = [...signed(body), ...signed(body).slice(-1)];
  const fetchHeaders = new Headers(pairs.map(([name, value]) => [name, value]));
  const values = pairs.filter(([name]) => name === 'webhook-signature').map(([, value]) => value);
  const nodeHeaders = { ...Object.fromEntries(pairs), 'webhook-signature': values };
  const reasons = [pairs.flat(), fetchHeaders, nodeHeaders].map((headers) => {
    const delivery = verifyDelivery({ secret, headers, body, nowMs });
    return delivery.ok ? 'ok' : delivery.reason;
  });
  assert.deepEqual(reasons, ['signature-repeated', 'signature-malformed', 'signature-repeated']);
});

test('another body, another secret, an old message: refused with the reason', () => {
  const headers = signed(body).flat();
  const other = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const cases = [
    [{ secret, headers, body: Buffer.from('{}'), nowMs }, 'signature-mismatch'],
    [{ secret: other, headers, body, nowMs }, 'signature-mismatch'],
    [{ secret, headers, body, nowMs: nowMs + 300_001 }, 'timestamp-too-old'],
    [{ secret, headers: [], body, nowMs }, 'signature-missing'],
    [{ secret: [], headers, body, nowMs }, 'no-secret'],
    [{ secret: 'whsec_', headers, body, nowMs }, 'secret-unusable'],
    [{ secret: 'plain', headers, body, nowMs }, 'secret-unusable'],
  ] as const;
  for (const [input, reason] of cases) assert.deepEqual(verifyDelivery(input), { ok: false, reason });
});

test('during a rotation either secret will do', () => {
  const other = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  assert.ok(verifyDelivery({ secret: [other, secret], headers: signed(body).flat(), body, nowMs }).ok);
});

test('bytes that are no JSON object are delivered too, with a null event', () => {
  for (const bytes of [
    Buffer.from([0xff, 0xfe]),
    Buffer.from('[1]'),
    Buffer.from('null'),
    Buffer.alloc(0),
    Buffer.from('{"a":'),
  ]) {
    const delivery = verifyDelivery({ secret, headers: signed(bytes).flat(), body: bytes, nowMs });
    assert.ok(delivery.ok && delivery.event === null);
  }
});

test('signatures of both secrets of a rotation, beside those of key pairs: any one that is configured is enough', () => {
  const old = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const pair = generateKeyPairSync('ed25519');
  const publicKey = `whpk_${pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;
  const message = { body, id: 'evt_9', nowMs };
  const symmetric = sign({
    scheme: 'standard-webhooks',
    secrets: [secret, old].map((text) => parseSecret('standard-webhooks', text)),
    ...message,
  }).headers;
  const keyed = sign({
    scheme: 'standard-webhooks-v1a',
    secrets: [pair.privateKey.export({ format: 'der', type: 'pkcs8' })],
    ...message,
  }).headers;
  const signatureOf = (headers: readonly (readonly [string, string])[]): string =>
    headers.find(([name]) => name === 'webhook-signature')?.[1] ?? '';
  const headers = {
    ...Object.fromEntries(symmetric),
    'webhook-signature': `${signatureOf(symmetric)} ${signatureOf(keyed)}`,
  };
  const stranger = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
  for (const each of [secret, old, publicKey, [stranger, publicKey]])
    assert.ok(verifyDelivery({ secret: each, headers, body, nowMs }).ok);
  const altered = Buffer.concat([body, Buffer.from(' ')]);
  for (const each of [stranger, publicKey, [stranger, old]]) {
    const given = each === stranger ? body : altered;
    assert.deepEqual(verifyDelivery({ secret: each, headers, body: given, nowMs }), {
      ok: false,
      reason: 'signature-mismatch',
    });
  }
});
