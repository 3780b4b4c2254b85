// sign makes exactly the headers that the platform's page names, and refuses an id that would make them ambiguous. K7.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSecret, type SignInput, sign } from './index.ts';

const secret = parseSecret('standard-webhooks', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
const message: SignInput = {
  scheme: 'standard-webhooks',
  secrets: [secret],
  body: Buffer.from('{"test": 2432232314}'),
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  nowMs: 1_614_265_330_999,
};

test("Svix's published vector, under the names of Standard Webhooks; milliseconds are cut off", () => {
  assert.deepEqual(sign(message).headers, [
    ['webhook-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek'],
    ['webhook-timestamp', '1614265330'],
    ['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ]);
});

test('Koywe has one header, in lower-case hex, and no use for an id', () => {
  const { headers } = sign({ ...message, scheme: 'koywe' });
  assert.equal(headers.length, 1);
  assert.equal(headers[0]?.[0], 'Koywe-Signature');
  assert.match(headers[0]?.[1] ?? '', /^[0-9a-f]{64}$/);
});

test('an id that is missing, has a dot or is not visible ASCII is a fault', () => {
  const { id: _, ...without } = message;
  assert.throws(() => sign(without), { code: 'ID_MISSING' });
  assert.throws(() => sign({ ...message, id: '' }), { code: 'ID_MISSING' });
  for (const id of ['a.b', 'a b', 'a\r\nx: y', 'é', '\u0000', 'x'.repeat(257)]) {
    assert.throws(() => sign({ ...message, id }), { code: 'ID_MALFORMED' });
  }
});

test('a time that is no whole number of milliseconds is a fault', () => {
  for (const nowMs of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY]) {
    assert.throws(() => sign({ ...message, nowMs }), { code: 'TIME_INVALID' });
  }
});
