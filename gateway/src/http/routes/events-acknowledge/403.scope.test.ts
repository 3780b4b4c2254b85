// Only an application's key with the scope events:pull acknowledges, and only at the destination that it is bound to. P2 L3 Q3.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aPullDestination } from '../objects.fixture.ts';
import { assertKindNeeded, assertScopeNeeded } from '../refusals.fixture.ts';

const body = { batch: `bat_${'0'.repeat(26)}` };
const acknowledge = { method: 'POST', path: '/v1/events/acknowledge', body } as const;

test('403 for every other scope together, not for events:pull alone', async () => {
  const { id } = await aPullDestination();
  await assertScopeNeeded({ ...acknowledge, path: `${acknowledge.path}?destination=${id}` }, 'events:pull');
});

test('403 for an administration key', async () => {
  await assertKindNeeded(acknowledge);
});

test('403 for a key that is bound to another destination', async () => {
  const { call } = await sharedGateway();
  const [here, there] = [await aPullDestination(), await aPullDestination()];
  const path = `${acknowledge.path}?destination=${here.id}`;
  assertProblem(await call({ ...acknowledge, path, key: there.key }), 'KEY_BOUND_ELSEWHERE');
});
