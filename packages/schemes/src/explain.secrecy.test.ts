// explain shows a person why, and nothing with which a message could be forged. K1 K13 K19.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { signedInput } from '../test/samples.ts';
import { explain, sign, type VerifyInput, verify } from './index.ts';

const nowMs = 1_750_000_000_000;
const secretText = 'koywe-secret-of-32-bytes-length!';
const secret = { id: 'current', bytes: Buffer.from(secretText) };
const body = Buffer.from('{"id":"evt_1","email":"person@example.test"}');
const headers = sign({
  scheme: 'standard-webhooks',
  secrets: [secret.bytes],
  body,
  id: 'evt_1',
  nowMs,
}).headers.flat();
const input: VerifyInput = {
  scheme: 'standard-webhooks',
  secrets: [secret],
  rawHeaders: headers,
  body,
  nowMs,
};
const mac = (headers.at(-1) ?? '').slice('v1,'.length);

test('accepted: what was signed, by length and digest, and matching MACs', () => {
  const explanation = explain(input, verify(input));
  const signed = Buffer.concat([Buffer.from(`evt_1.${nowMs / 1000}.`), body]);
  assert.equal(explanation.outcome, 'accepted');
  assert.equal(explanation.signedBytes, signed.length);
  assert.equal(explanation.signedSha256, createHash('sha256').update(signed).digest('hex'));
  assert.deepEqual(explanation.received, [`${mac.slice(0, 8)}…`]);
  assert.deepEqual(explanation.expected, [{ secretId: 'current', mac: `${mac.slice(0, 8)}…` }]);
  assert.equal(explanation.clockDifferenceMs, 0);
});

test('refused: the expected MAC beside the received one, and the clock', () => {
  const late = { ...input, body: Buffer.from('{}'), nowMs: nowMs + 400_000 };
  const explanation = explain(late, verify(late));
  assert.equal(explanation.outcome, 'signature-mismatch');
  assert.notEqual(explanation.expected[0]?.mac, explanation.received[0]);
  assert.equal(explanation.clockDifferenceMs, -400_000);
  assert.ok(explanation.lines.includes("The sender's clock is 400 s behind ours."));
  assert.match(
    explanation.lines[0] ?? '',
    /^standard-webhooks: signature-mismatch\. The signature fits none/,
  );
});

test('where the secret is among what is signed, there is no digest of it to try secrets against', () => {
  const rapyd = signedInput('rapyd');
  const explanation = explain(rapyd, verify(rapyd));
  assert.equal(explanation.signedShape, '{url}{salt}{timestamp}{accessKey}{secret}{body}');
  assert.equal(explanation.signedSha256, null);
});

test('headers that left the signed content open say so instead of guessing', () => {
  const missing = { ...input, rawHeaders: [] };
  const explanation = explain(missing, verify(missing));
  assert.equal(explanation.outcome, 'signature-missing');
  assert.equal(explanation.signatureHeader, 'missing');
  assert.equal(explanation.signedBytes, null);
  assert.deepEqual(explanation.expected, []);
});

test('K1 K13: neither the secret, nor a whole MAC, nor the body stands in any of it', () => {
  const inputs = [
    input,
    { ...input, body: Buffer.from('{}') },
    { ...input, secrets: [] },
    { ...input, rawHeaders: [] },
  ];
  for (const each of inputs) {
    const written = JSON.stringify(explain(each, verify(each)));
    for (const hidden of [
      secretText,
      secret.bytes.toString('hex'),
      secret.bytes.toString('base64'),
      mac,
      'person@',
    ]) {
      assert.ok(!written.includes(hidden), hidden);
    }
  }
});
