// A bearer token is as good as the key it was made with, and not for longer. K10 K11 Q16.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection, aKey } from '../objects.fixture.ts';

const { admin, call } = await sharedGateway();

test('401 KEY_REVOKED for the token of a revoked key, KEY_MALFORMED for half of one', async () => {
  const { id: apiKey, secret } = await aKey();
  const signedIn = await call({ method: 'POST', path: '/api/v1/auth/sign-in', body: { apiKey, secret } });
  const { token: key } = signedIn.json<{ token: string }>();
  const { prefix } = await aConnection();
  assertProblem(await call({ path: `${prefix}/x`, key: key.slice(0, -1) }), 'KEY_MALFORMED');
  await admin('POST', `/admin/v1/keys/${apiKey}/revoke`);
  assertProblem(await call({ path: `${prefix}/x`, key }), 'KEY_REVOKED');
});
