// What a platform asks before it sends anything is answered as it wants, where its row says so; elsewhere there is no such method, and
// nobody gets a signature over what he likes. U11 L12 P12.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { genericScheme, sign } from '@sallyport/schemes';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { anEndpoint } from '../objects.fixture.ts';

const { admin, call } = await sharedGateway();
const secret = 'a-secret-of-a-webhook-0123';

async function endpointOf(platform: string, more: object = {}): Promise<string> {
  const answer = await admin('POST', '/admin/v1/endpoints', { platform, name: freshName(), secret, ...more });
  assert.equal(answer.status, 201, answer.text);
  return answer.json<{ path: string }>().path;
}

test('200 GET with the header that Worldline wants back, and nothing that could be a page', async () => {
  const path = await endpointOf('worldline');
  const name = 'x-gcs-webhooks-endpoint-verification';
  const answer = await call({ path, headers: { [name]: 'f5d9-1' } });
  assert.deepEqual([answer.status, answer.text], [200, 'f5d9-1']);
  assert.match(String(answer.headers['content-type']), /^text\/plain/);
  for (const value of ['<b>', 'a b', 'x'.repeat(5_000)])
    assertProblem(await call({ path, headers: { [name]: value } }), 'METHOD_NOT_ALLOWED');
  assertProblem(await call({ path }), 'METHOD_NOT_ALLOWED');
});

test('200 GET with the MAC that Braintree wants, over a challenge and nothing else', async () => {
  const path = await endpointOf('braintree', { parameters: { publicKey: 'public-1' } });
  const answer = await call({ path: `${path}?bt_challenge=${'0a'.repeat(10)}` });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.text, /^public-1\|[0-9a-f]{40}$/);
  assertProblem(await call({ path: `${path}?bt_challenge=bt_payload` }), 'METHOD_NOT_ALLOWED');
});

test('200 HEAD where the platform looks whether anybody is there', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const path = await endpointOf('circle', { secret: String(pem) });
  assert.equal((await call({ method: 'HEAD', path })).status, 200);
});

test('405 where the platform asks nothing, 404 where there is no endpoint', async () => {
  const { path } = await anEndpoint();
  const answer = await call({ path });
  assertProblem(answer, 'METHOD_NOT_ALLOWED');
  assert.equal(answer.headers['allow'], 'POST');
  assertProblem(await call({ path: `/in/ep_${'0'.repeat(26)}` }), 'ENDPOINT_NOT_FOUND');
});

test('200 with the words that Adyen wants to hear, for what is stored', async () => {
  const path = await endpointOf('generic', {
    scheme: {
      headers: { signature: 'X-Sig' },
      acknowledgement: { status: 200, contentType: 'text/plain', body: '[accepted]' },
    },
  });
  const scheme = genericScheme({ headers: { signature: 'X-Sig' } });
  const body = Buffer.from('{}');
  const { headers } = sign({ scheme, secrets: [Buffer.from(secret)], body, nowMs: 0 });
  const answer = await call({ method: 'POST', path, body, headers: Object.fromEntries(headers) });
  assert.deepEqual([answer.status, answer.text], [200, '[accepted]']);
});
