// A connection that is not there and one of another environment are answered alike. K3 U4 P2; invariant "Nothing crosses
// environments".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';

const { call, elsewhere, testKey } = await sharedGateway();

test("404 CONNECTION_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { prefix } = await aConnection();
  const { testKey: other } = await elsewhere();
  const details = new Set<string>();
  for (const [path, key] of [
    [`${prefix}/x`, other],
    [`/out/con_${'0'.repeat(26)}/x`, testKey],
    ['/out/x/x', testKey],
  ] as const)
    details.add(assertProblem(await call({ path, key }), 'CONNECTION_NOT_FOUND').detail);
  assert.equal(details.size, 1);
});
