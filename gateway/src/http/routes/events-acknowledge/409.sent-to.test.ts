// A destination that events are sent to is none to pull from: nobody would know who had them. U11.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';

const { call, testKey: key } = await sharedGateway();

test('409 CONFLICT', async () => {
  const { id } = await aDestination();
  const answer = await call({
    method: 'POST',
    path: `/v1/events/acknowledge?destination=${id}`,
    body: { batch: `bat_${'0'.repeat(26)}` },
    key,
  });
  assertProblem(answer, 'CONFLICT');
});
