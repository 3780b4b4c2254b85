// Only an application's key with the scope events:send sends events, and none that is bound to one object. P2 L3 Q3.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

const operation = { method: 'POST', path: '/v1/events', body: { type: 'a' } } as const;

test('403 for every other scope together, not for events:send alone', async () => {
  await assertScopeNeeded(operation, 'events:send');
});

test('403 for an administration key', async () => {
  await assertKindNeeded(operation);
});

test('403 for a key that is bound to one destination: an event goes to all that take it', async () => {
  const { call, keyWith } = await sharedGateway();
  const { id } = await aDestination();
  const settings = { boundTo: { kind: 'destination', id } } as const;
  const key = await keyWith({ kind: 'test', scopes: ['events:send'], settings });
  assertProblem(await call({ ...operation, key }), 'KEY_BOUND_ELSEWHERE');
});
