// No list of connections shows a credential, not even a part of one. K1 U2 L1 P3 Q1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';

const { admin, koywe } = await sharedGateway();

test('200 without the fields of any credential', async () => {
  await aConnection();
  const { text } = await admin('GET', '/admin/v1/connections');
  for (const part of [koywe.secret, koywe.secret.slice(8), koywe.apiKey, 'credential'])
    assert.ok(!text.includes(part));
});
