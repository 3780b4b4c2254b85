// A destination that nobody has and one of another environment are answered alike. K3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aPullDestination } from '../objects.fixture.ts';
import { nobodysLike } from '../refusals.fixture.ts';

const { call, elsewhere, testKey } = await sharedGateway();

test('404 DESTINATION_NOT_FOUND', async () => {
  const { id } = await aPullDestination();
  const { testKey: other } = await elsewhere();
  const ask = (destination: string, key: string) =>
    call({
      method: 'POST',
      path: `/v1/events/acknowledge?destination=${destination}`,
      body: { batch: `bat_${'0'.repeat(26)}` },
      key,
    });
  const nobodys = assertProblem(await ask(nobodysLike(id), testKey), 'DESTINATION_NOT_FOUND');
  const others = assertProblem(await ask(id, other), 'DESTINATION_NOT_FOUND');
  assert.deepEqual({ ...others, requestId: '' }, { ...nobodys, requestId: '' });
});
