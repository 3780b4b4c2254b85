// A wrong id and a wrong secret are one refusal; a key that has ended says so to whoever holds it. K10 Q16 K6.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, call, testKey } = await sharedGateway();
const signIn = (apiKey: string, secret: string) =>
  call({ method: 'POST', path: '/api/v1/auth/sign-in', body: { apiKey, secret } });

test('401 INVALID_CREDENTIALS, in the same words, whichever of the two is wrong', async () => {
  const { id, secret } = await aKey();
  const details = new Set<string>();
  for (const [apiKey, text] of [
    [id, testKey],
    [id, 'x'],
    [id, `${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`],
    [`key_${'0'.repeat(26)}`, secret],
  ] as const)
    details.add(assertProblem(await signIn(apiKey, text), 'INVALID_CREDENTIALS').detail);
  assert.equal(details.size, 1);
});

test('401 KEY_REVOKED', async () => {
  const { id, secret } = await aKey();
  await admin('POST', `/admin/v1/keys/${id}/revoke`);
  assertProblem(await signIn(id, secret), 'KEY_REVOKED');
});
