// 401: without a credential in force, in the one header it belongs in, nothing of the gateway answers but signs of life. What
// is special to a route is in its folder. K11 Q16 U11 K10; trap "A missing signature header must fail".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterFile } from '#test/database';
import { withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';
import { describedOperations } from './operations.fixture.ts';

const gateway = await withGateway(afterFile, { limits: { refusalWindowMs: 100 } });
const call = await withDescribedClient(afterFile, gateway);
const { adminKey, testKey } = gateway;

test('401 at every operation that is not public, before its input is looked at', async () => {
  let asked = 0;
  for (const { method, path, security } of await describedOperations()) {
    if (security === null) continue;
    const at = { method, path: path.replace(/_[0-9a-z]{26}/, '') };
    assertProblem(await call(at), 'UNAUTHENTICATED');
    assertProblem(await call({ ...at, key: 'x' }), 'KEY_MALFORMED');
    const mistyped = `${testKey.slice(0, -1)}${testKey.endsWith('0') ? '1' : '0'}`;
    assertProblem(await call({ ...at, key: mistyped }), 'KEY_MALFORMED');
    asked += 1;
  }
  assert.ok(asked >= 25);
});

test('401 for the credential anywhere but in the Authorization header', async () => {
  const path = '/admin/v1/keys';
  for (const headers of [
    { authorization: adminKey },
    { authorization: `Basic ${btoa(`${adminKey}:`)}` },
    { authorization: `Bearer  ${adminKey}` },
    { authorization: `Bearer ${adminKey}, Bearer ${adminKey}` },
    { 'x-api-key': adminKey },
    { cookie: `token=${adminKey}` },
    { 'proxy-authorization': `Bearer ${adminKey}` },
  ] as Record<string, string>[])
    assertProblem(await call({ path, headers }), 'UNAUTHENTICATED');
  const lower = await call({ path, headers: { authorization: `bearer ${adminKey}` } });
  assert.equal(lower.status, 200, 'the scheme has no case (RFC 9110 section 11.1)');
});
