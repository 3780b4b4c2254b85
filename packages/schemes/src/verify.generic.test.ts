// A scheme is described by its row alone: prefixes, hashes, encodings and units need no code of their own. U11.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { macsEqual } from './mac.ts';
import type { Scheme } from './scheme.ts';
import { SCHEMES } from './schemes.ts';
import { verify } from './verify.ts';

const nowMs = 1_750_000_000_000;
const secret = { id: 'current', bytes: Buffer.from('0123456789abcdef') };
const body = Buffer.from('{"id":"evt_1"}');

test('a prefix before the MAC belongs to the signature', () => {
  const scheme: Scheme = {
    ...SCHEMES.koywe,
    signature: { kind: 'whole', prefix: 'sha256=' },
    eventId: { from: 'none' },
  };
  const mac = createHmac('sha256', secret.bytes).update(body).digest('hex');
  const withValue = (value: string) =>
    verify({ scheme, secrets: [secret], rawHeaders: ['Koywe-Signature', value], body, nowMs });
  const verdict = withValue(`sha256=${mac}`);
  assert.ok(verdict.ok && verdict.eventId === null);
  assert.ok(!withValue(mac).ok && !withValue(`sha1=${mac}`).ok && !withValue(`sha256=sha256=${mac}`).ok);
});

for (const [algorithm, hash] of [
  ['hmac-sha384', 'sha384'],
  ['hmac-sha512', 'sha512'],
] as const) {
  test(`${algorithm} over timestamp and body, in milliseconds and base64`, () => {
    const scheme: Scheme = {
      ...SCHEMES.koywe,
      headers: { signature: 'x-signature', id: null, timestamp: 'x-timestamp' },
      content: [{ literal: 'v1.' }, 'timestamp', 'body'],
      algorithm,
      encoding: 'base64',
      timestamp: { unit: 'milliseconds', toleranceSeconds: 180 },
    };
    const at = (timestamp: string) => {
      const mac = createHmac(hash, secret.bytes).update(`v1.${timestamp}`).update(body).digest('base64');
      return verify({
        scheme,
        secrets: [secret],
        rawHeaders: ['x-signature', mac, 'x-timestamp', timestamp],
        body,
        nowMs,
      });
    };
    const verdict = at(String(nowMs - 180_000));
    assert.ok(verdict.ok && verdict.timestampMs === nowMs - 180_000);
    const stale = at(String(nowMs - 180_001));
    assert.ok(!stale.ok && stale.reason === 'timestamp-too-old');
    const seconds = at(String(nowMs / 1000));
    assert.ok(!seconds.ok && seconds.reason === 'timestamp-wrong-unit');
  });
}

test('a row that asks for a time which its message has no place for lets nothing pass, rather than everything', () => {
  const scheme: Scheme = { ...SCHEMES.koywe, timestamp: { unit: 'seconds', toleranceSeconds: 300 } };
  const mac = createHmac('sha256', secret.bytes).update(body).digest('hex');
  const verdict = verify({ scheme, secrets: [secret], rawHeaders: ['Koywe-Signature', mac], body, nowMs });
  assert.ok(!verdict.ok && verdict.reason === 'timestamp-missing');
});

test('MACs of unequal length are unequal, without the throw of timingSafeEqual (CVE-2023-50728)', () => {
  const mac = Buffer.alloc(32, 1);
  assert.ok(macsEqual(mac, Buffer.alloc(32, 1)));
  for (const length of [0, 1, 31, 33]) assert.ok(!macsEqual(mac, Buffer.alloc(length, 1)));
});
