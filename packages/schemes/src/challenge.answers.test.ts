// What a platform asks before it sends anything is answered, once and as it wants; nothing else is, and nothing hostile is echoed. U11 L11.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { keyPair } from '../test/samples.ts';
import { answerChallenge, type ChallengeInput, SCHEMES } from './index.ts';

function ask(scheme: ChallengeInput['scheme'], changes: Partial<ChallengeInput> = {}): string | null {
  const answer = answerChallenge({
    scheme,
    method: 'GET',
    target: '/in/1',
    rawHeaders: [],
    secrets: [],
    ...changes,
  });
  return answer === null ? null : `${answer.status} ${answer.contentType} ${answer.body}`;
}

test('Worldline: the value of its header, if it is short and plain', () => {
  const name = 'X-GCS-Webhooks-Endpoint-Verification';
  assert.equal(ask('worldline', { rawHeaders: [name, 'a1-B2=='] }), '200 text/plain a1-B2==');
  for (const value of ['', '<script>', 'a b', 'é', 'a\nb', 'x'.repeat(257)])
    assert.equal(ask('worldline', { rawHeaders: [name, value] }), null, value);
  assert.equal(ask('worldline', { rawHeaders: [name, 'a', name, 'a'] }), null);
  assert.equal(ask('worldline', { rawHeaders: [name, 'a'], method: 'POST' }), null);
});

test('Braintree: the MAC of its challenge, and of nothing else', () => {
  const { verifying } = keyPair(SCHEMES.braintree);
  const challenge = 'f3'.repeat(10);
  const mac = createHmac('sha1', verifying.bytes).update(challenge).digest('hex');
  const rest = { secrets: [verifying], parameters: { publicKey: 'public-1' } };
  const asked = (target: string) => ask('braintree', { ...rest, target });
  assert.equal(asked(`/in/1?bt_challenge=${challenge}`), `200 text/plain public-1|${mac}`);
  for (const target of [
    '/in/1',
    '/in/1?bt_challenge=',
    `/in/1?bt_challenge=${challenge}&bt_challenge=${challenge}`,
    '/in/1?bt_challenge=PHNvbWU+', // base64 as of a message
    `/in/1?bt_challenge=${'f'.repeat(33)}`,
    `/in/1?bt_challenge=${'F3'.repeat(10)}`,
  ])
    assert.equal(asked(target), null, target);
  assert.equal(ask('braintree', { target: `/in/1?bt_challenge=${challenge}` }), null);
});

test('Circle asks by HEAD; platforms that ask nothing are answered nothing', () => {
  assert.equal(ask('circle', { method: 'HEAD' }), '200 null ');
  assert.equal(ask('circle'), null);
  for (const scheme of ['koywe', 'stripe', 'xero'] as const)
    for (const method of ['GET', 'HEAD', 'POST']) assert.equal(ask(scheme, { method }), null);
});
