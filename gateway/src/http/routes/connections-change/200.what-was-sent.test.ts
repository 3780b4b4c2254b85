// What was sent changes and nothing else; a replaced credential is in use from the next call on, and is shown as little as
// the first. K1 K4 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';

const { admin, actsOn, koywe, sandbox } = await sharedGateway();

test('200 with the connection as it is now', async () => {
  const made = await aConnection();
  const path = `/admin/v1/connections/${made.id}`;
  const answer = await admin('PATCH', path, { requestChecks: 'strict' });
  assert.equal(answer.status, 200);
  const { changedAt, ...rest } = answer.json<Record<string, string>>();
  assert.deepEqual({ ...rest, changedAt: '' }, { ...made, requestChecks: 'strict', changedAt: '' });
  assert.deepEqual((await admin('PATCH', path, {})).json(), { ...rest, changedAt });
  assert.deepEqual(await actsOn(`connection:${made.id}`), [
    'connection.created: success by key',
    'connection.changed: success by key',
  ]);
});

test('200 for a new credential, which the platform is asked with at once', async () => {
  const { id } = await aConnection({ credential: { apiKey: koywe.apiKey, secret: 'not-the-right-one' } });
  const check = async () => (await admin('POST', `/admin/v1/connections/${id}/check`)).json()['ok'];
  assert.equal(await check(), false);
  const credential = { apiKey: koywe.apiKey, secret: koywe.secret };
  const answer = await admin('PATCH', `/admin/v1/connections/${id}`, { credential, baseUrl: sandbox.url });
  assert.ok(!answer.text.includes(koywe.secret.slice(8)));
  assert.equal(await check(), true);
});
