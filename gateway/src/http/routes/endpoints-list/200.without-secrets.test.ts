// No list of endpoints shows the secret of one. K1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, webhookSecret } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 without any secret', async () => {
  await anEndpoint();
  assert.ok(!(await admin('GET', '/admin/v1/endpoints')).text.includes(webhookSecret().slice(8)));
});
