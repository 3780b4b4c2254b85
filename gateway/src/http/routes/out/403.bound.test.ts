// A key that is bound to one connection calls no other. P2 L3 Q3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection, aKey } from '../objects.fixture.ts';

const { call } = await sharedGateway();

test('403 KEY_BOUND_ELSEWHERE, before it is looked whether the other one is there', async () => {
  const { id, prefix } = await aConnection();
  const { secret: key } = await aKey({ boundTo: { kind: 'connection', id } });
  const others = [(await aConnection()).prefix, `/out/con_${'0'.repeat(26)}`];
  for (const other of others) assertProblem(await call({ path: `${other}/x`, key }), 'KEY_BOUND_ELSEWHERE');
  assert.equal((await call({ path: `${prefix}/nowhere`, key })).status, 404);
});
