// An endpoint takes webhooks from its addresses only, and says no before a body is read, without a hint of what would pass. K8
// K14 U7 L12 Q15.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { sendWebhook, webhookSecret } from '../objects.fixture.ts';

const gateway = await sharedGateway();

async function endpointFor(allowedAddresses: readonly string[]): Promise<{ path: string }> {
  const settings = { platform: 'koywe', name: freshName(), secret: webhookSecret(), allowedAddresses };
  return (await gateway.admin('POST', '/admin/v1/endpoints', settings)).json<{ path: string }>();
}

test('403 ADDRESS_REFUSED although no body came, in the same words for every list', async (t) => {
  const texts = new Set<string>();
  for (const list of [['192.0.2.0/24'], ['2001:db8::/32', '::ffff:10.0.0.0/104']]) {
    const { path } = await endpointFor(list);
    assertProblem(await sendWebhook(path, { body: '{"id":"a"}' }), 'ADDRESS_REFUSED');
    const raw = await withRaw(t, gateway);
    raw.send(`POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n`);
    const answer = await raw.answer();
    assert.equal(answer.status, 403);
    texts.add(answer.text.replace(/req_[0-9a-z]{26}/g, 'req'));
  }
  assert.equal(texts.size, 1);
  assert.doesNotMatch([...texts].join(), /192\.0|2001:|10\.0|127\.0/);
});

test('200 from an allowed address, IPv4 written within IPv6 included', async () => {
  const { path } = await endpointFor(['::ffff:127.0.0.1']);
  assert.equal((await sendWebhook(path, { body: '{"id":"a"}' })).status, 200);
});
