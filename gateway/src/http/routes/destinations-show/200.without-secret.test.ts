// A destination is shown as it was made, without its secret. K1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with what was asked for', async () => {
  const { id, secret } = await aDestination();
  const answer = await admin('GET', `/admin/v1/destinations/${id}`);
  assert.equal(answer.status, 200);
  const { url, state } = answer.json();
  assert.deepEqual({ url, state }, { url: 'https://127.0.0.1:1/webhooks', state: 'active' });
  assert.ok(!answer.text.includes(secret.slice('whsec_'.length)));
});
