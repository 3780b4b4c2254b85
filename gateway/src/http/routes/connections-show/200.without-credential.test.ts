// A connection is shown as it was made, without its credential. K1 U2.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';

const { admin, koywe } = await sharedGateway();

test('200 with the same as when it was made', async () => {
  const made = await aConnection();
  const answer = await admin('GET', `/admin/v1/connections/${made.id}`);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), made);
  assert.ok(!answer.text.includes(koywe.secret.slice(8)) && !answer.text.includes(koywe.apiKey));
});
