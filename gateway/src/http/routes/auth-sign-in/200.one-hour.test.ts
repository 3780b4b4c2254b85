// A key is exchanged for a bearer token of one hour, which does what the key may do, and the log has it. K10 K11 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { actsOn, call } = await sharedGateway();

test('200 with a token that works, and is of no use for signing in', async () => {
  const { id: apiKey, secret } = await aKey();
  const signIn = (text: string) =>
    call({ method: 'POST', path: '/api/v1/auth/sign-in', body: { apiKey, secret: text } });
  const answer = await signIn(secret);
  assert.equal(answer.status, 200);
  const { token, expiresIn } = answer.json<{ token: string; expiresIn: number }>();
  assert.match(token, /^sat_syp_[0-9A-Za-z]+$/);
  assert.equal(expiresIn, 3_600);
  assertProblem(await call({ path: `/out/con_${'0'.repeat(26)}/x`, key: token }), 'CONNECTION_NOT_FOUND');
  assertProblem(await signIn(token), 'INVALID_CREDENTIALS');
  assert.ok((await actsOn(`key:${apiKey}`)).includes('token.issued: success by key'));
});

test('200 again with another token; both are in force', async () => {
  const { id: apiKey, secret } = await aKey();
  const signIn = () => call({ method: 'POST', path: '/api/v1/auth/sign-in', body: { apiKey, secret } });
  const tokens = [await signIn(), await signIn()].map((answer) => answer.json<{ token: string }>().token);
  assert.notEqual(tokens[0], tokens[1]);
  for (const key of tokens)
    assertProblem(await call({ path: `/out/con_${'0'.repeat(26)}/x`, key }), 'CONNECTION_NOT_FOUND');
});
