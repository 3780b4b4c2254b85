// Signing in is for applications, from where they may call, and never for a page. Q3 K14 U1.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, call } = await sharedGateway();
const signIn = (apiKey: string, secret: string) =>
  call({ method: 'POST', path: '/api/v1/auth/sign-in', body: { apiKey, secret } });

test('403 WRONG_KEY_KIND for an administration key', async () => {
  const made = await admin('POST', '/admin/v1/keys', { kind: 'admin', name: freshName() });
  const { key, secret } = made.json<{ key: { id: string }; secret: string }>();
  assertProblem(await signIn(key.id, secret), 'WRONG_KEY_KIND');
});

test('403 ADDRESS_REFUSED for a key of another address', async () => {
  const { id, secret } = await aKey({ allowedAddresses: ['192.0.2.0/24'] });
  assertProblem(await signIn(id, secret), 'ADDRESS_REFUSED');
});

test('403 ORIGIN_REFUSED for a page in a browser, which has no business with a secret', async () => {
  const { id: apiKey, secret } = await aKey();
  const body = { apiKey, secret };
  const headers = { origin: 'https://shop.example' };
  assertProblem(
    await call({ method: 'POST', path: '/api/v1/auth/sign-in', body, headers }),
    'ORIGIN_REFUSED',
  );
});
