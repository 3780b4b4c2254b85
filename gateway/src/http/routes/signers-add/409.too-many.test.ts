// A key has eight signers at most: who makes them without end never ends one. U8 U10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('409 CONFLICT for the ninth', async () => {
  const { id } = await aKey();
  const add = () =>
    admin('POST', `/admin/v1/keys/${id}/signers`, { scheme: 'mintmove', algorithm: 'hmac-sha256' });
  for (let count = 0; count < 8; count++) assert.equal((await add()).status, 201);
  assertProblem(await add(), 'CONFLICT');
});
