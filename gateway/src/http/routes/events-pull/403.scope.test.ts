// Only an application's key with the scope events:pull is given events, and one that is bound to another destination, or to
// something else, is given none of this one. P2 L3 Q3.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aPullDestination } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

test('403 for every other scope together, not for events:pull alone', async () => {
  const { id } = await aPullDestination();
  await assertScopeNeeded({ path: `/v1/events?destination=${id}` }, 'events:pull');
});

test('403 for an administration key', async () => {
  await assertKindNeeded({ path: '/v1/events' });
});

test('403 for a key that is bound elsewhere', async () => {
  const { call, keyWith } = await sharedGateway();
  const [here, there] = [await aPullDestination(), await aPullDestination()];
  assertProblem(
    await call({ path: `/v1/events?destination=${here.id}`, key: there.key }),
    'KEY_BOUND_ELSEWHERE',
  );
  const settings = { boundTo: { kind: 'policy', id: 'a' } } as const;
  const key = await keyWith({ kind: 'test', scopes: ['events:pull'], settings });
  assertProblem(await call({ path: '/v1/events', key }), 'KEY_BOUND_ELSEWHERE');
});
