// What is no attempt to sign in is refused with its fields, and the secret that was tried does not come back. K16 K19 K11.
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

const value = 'cnry-value-that-must-not-come-back';
const post = (body: object) => ({ method: 'POST', path: '/api/v1/auth/sign-in', body }) as const;

test('400 INVALID_REQUEST names each field', async () => {
  await assertFields(post({}), ['body.apiKey', 'body.secret']);
  await assertFields(post({ apiKey: value, secret: value }), ['body.apiKey']);
  const apiKey = `key_${'0'.repeat(26)}`;
  for (const secret of ['', value.repeat(10), 1])
    await assertFields(post({ apiKey, secret }), ['body.secret']);
  await assertFields(post({ apiKey, secret: value, scope: value }), ['body']);
});
