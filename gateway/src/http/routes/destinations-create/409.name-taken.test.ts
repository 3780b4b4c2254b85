// Of two destinations with one name there is one. Q19
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';

const { admin } = await sharedGateway();

test('409 CONFLICT for a name that is taken, and nothing changes', async () => {
  const body = { name: freshName(), url: 'https://app.test/x' };
  const made = await admin('POST', '/admin/v1/destinations', body);
  assert.equal(made.status, 201);
  assertProblem(await admin('POST', '/admin/v1/destinations', body), 'CONFLICT');
  const { items } = (await admin('GET', '/admin/v1/destinations?limit=200')).json<{
    items: { name: string }[];
  }>();
  assert.equal(items.filter(({ name }) => name === body.name).length, 1);
});
