// Of two connections with one name there is one. Q19
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { canary } from '../../../../../tools/leaks/canaries.ts';

const { admin } = await sharedGateway();

test('409 CONFLICT for a name that is taken, and nothing changes', async () => {
  const credential = { apiKey: 'api-key-1', secret: canary('platformSecret') };
  const body = { platform: 'koywe', name: freshName(), credential };
  const made = await admin('POST', '/admin/v1/connections', body);
  assert.equal(made.status, 201);
  assertProblem(await admin('POST', '/admin/v1/connections', body), 'CONFLICT');
  const { items } = (await admin('GET', '/admin/v1/connections?limit=200')).json<{
    items: { name: string }[];
  }>();
  assert.equal(items.filter(({ name }) => name === body.name).length, 1);
});
