// What was delivered is not tried again: replaying says so. What waits for another keeps its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { anEvent } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('409 CONFLICT for one that waits for an earlier one with its key', async () => {
  const body = { name: freshName(), url: 'https://127.0.0.1:1/webhooks', orderBy: 'all' };
  const made = await admin('POST', '/admin/v1/destinations', body);
  const { id: destination } = made.json<{ destination: { id: string } }>().destination;
  await anEvent();
  await anEvent();
  const path = `/admin/v1/deliveries?destination=${destination}&state=waiting`;
  const { items } = (await admin('GET', path)).json<{ items: { id: string }[] }>();
  assert.ok(items.length > 0);
  assertProblem(await admin('POST', `/admin/v1/deliveries/${items[0]?.id}/retry`), 'CONFLICT');
});
