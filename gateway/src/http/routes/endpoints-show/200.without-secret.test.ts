// An endpoint is shown as it was made, without its secret. K1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, webhookSecret } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with the same as when it was made', async () => {
  const made = await anEndpoint();
  const answer = await admin('GET', `/admin/v1/endpoints/${made.id}`);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), made);
  assert.ok(!answer.text.includes(webhookSecret().slice(8)));
});
