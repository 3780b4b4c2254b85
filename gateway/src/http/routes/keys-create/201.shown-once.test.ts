// A new key is what was asked for and can do nothing else; its secret is in this answer and nowhere else, ever.
// K1 P2 Q3 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';

const { admin, actsOn, call } = await sharedGateway();

test('201 with the key and its secret, and the act in the log', async () => {
  const name = freshName();
  const body = { kind: 'test', name, scopes: ['calls:send'], note: 'the shop', requestsPerMinute: 60 };
  const answer = await admin('POST', '/admin/v1/keys', body);
  assert.equal(answer.status, 201);
  const { key, secret } = answer.json<{ key: { id: string; createdAt: string }; secret: string }>();
  const { id, createdAt: _, ...rest } = key;
  assert.deepEqual(rest, {
    kind: 'test',
    name,
    scopes: ['calls:send'],
    boundTo: null,
    expiresAt: null,
    allowedAddresses: [],
    allowedOrigins: [],
    requestsPerMinute: 60,
    signedOnly: false,
    owner: null,
    note: 'the shop',
    revokedAt: null,
    uses: 0,
    lastUse: null,
  });
  assert.match(secret, /^sk_test_syp_[0-9A-Za-z]+$/);
  assert.deepEqual(await actsOn(`key:${id}`), ['key.created: success by key']);
  for (const path of ['/admin/v1/keys', `/admin/v1/keys/${id}`])
    assert.ok(!(await admin('GET', path)).text.includes(secret.slice('sk_test_syp_'.length)), path);
});

test('it works at once, and without scopes it can do nothing', async () => {
  const { secret: key } = (await admin('POST', '/admin/v1/keys', { kind: 'test', name: freshName() })).json<{
    secret: string;
  }>();
  assertProblem(await call({ path: `/out/con_${'0'.repeat(26)}/x`, key }), 'SCOPE_MISSING');
});
