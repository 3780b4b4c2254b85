// A credential goes in and never comes out: not in this answer, not in a later one, not in the log. K1 U2 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { canary } from '../../../../../tools/leaks/canaries.ts';

const { admin, actsOn, sandbox } = await sharedGateway();

test('201 with the connection and where calls go, without its credential', async () => {
  const [name, secret] = [freshName(), canary('platformSecret')];
  const body = {
    platform: 'koywe',
    name,
    credential: { apiKey: 'api-key-of-koywe', secret },
    baseUrl: sandbox.url,
  };
  const answer = await admin('POST', '/admin/v1/connections', body);
  assert.equal(answer.status, 201);
  const { id, createdAt: _made, changedAt: _changed, ...rest } = answer.json<Record<string, string>>();
  const prefix = `/out/${id}`;
  const { origin } = new URL(sandbox.url);
  assert.deepEqual(rest, { platform: 'koywe', name, baseUrl: origin, requestChecks: 'lenient', prefix });
  assert.deepEqual(await actsOn(`connection:${id}`), ['connection.created: success by key']);
  const later = [
    await admin('GET', `/admin/v1/connections/${id}`),
    await admin('GET', '/admin/v1/audit/entries'),
  ];
  for (const { text } of [answer, ...later])
    assert.ok(!text.includes(secret) && !text.includes('api-key-of-koywe'), text);
});

test("201 without a base address: the platform's sandbox, where the environment is not production", async () => {
  const credential = { apiKey: 'api-key-1', secret: canary('platformSecret') };
  const answer = await admin('POST', '/admin/v1/connections', {
    platform: 'koywe',
    name: freshName(),
    credential,
  });
  assert.equal(answer.json()['baseUrl'], 'https://api-sandbox.koywe.com');
});
