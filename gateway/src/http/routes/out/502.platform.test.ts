// Whatever is wrong on the side of the platform is told apart, with what may have been sent; the credential is in none of it.
// K6 K15 U6; trap "credentials in error bodies".
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { test } from 'node:test';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';

const gateway = await sharedGateway();
const { actsOn, call, koywe, testKey: key } = gateway;

test('502 OUTBOUND_CONNECT_FAILED where nobody listens, and the log has both ends of the call', async () => {
  const { id, prefix } = await aConnection({ baseUrl: 'https://127.0.0.1:1' });
  const answer = await call({ path: `${prefix}/x`, key });
  assert.deepEqual([answer.status, answer.json()['code']], [502, 'OUTBOUND_CONNECT_FAILED']);
  assert.deepEqual(await actsOn(`connection:${id}`), [
    'connection.created: success by key',
    'call.started: intent by key',
    'call.finished: failure by key',
  ]);
});

test('502 OUTBOUND_TLS_FAILED for a certificate of an authority that is not ours', async (t) => {
  const server = createServer(await issueCertificate(await createAuthority(), { names: ['127.0.0.1'] }));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { prefix } = await aConnection({ baseUrl: `https://127.0.0.1:${port}` });
  assertProblem(await call({ path: `${prefix}/x`, key }), 'OUTBOUND_TLS_FAILED');
});

test('502 PLATFORM_CREDENTIAL_REFUSED, without the credential', async () => {
  const credential = { apiKey: koywe.apiKey, secret: 'not-the-right-one' };
  const { prefix } = await aConnection({ credential });
  const answer = await call({ path: `${prefix}/x`, key });
  assertProblem(answer, 'PLATFORM_CREDENTIAL_REFUSED');
  assert.ok(!answer.text.includes(credential.secret) && !answer.text.includes(koywe.apiKey));
});
