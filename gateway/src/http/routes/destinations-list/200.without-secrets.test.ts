// No list of destinations shows the secret of one. K1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 without any secret', async () => {
  const { secret } = await aDestination();
  assert.ok(!(await admin('GET', '/admin/v1/destinations')).text.includes(secret.slice('whsec_'.length)));
});
