// A destination that is not there and one that another environment has are answered alike. K3.
import { test } from 'node:test';
import { aDestination } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 DESTINATION_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id } = await aDestination();
  const body = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
  await assertHidden(
    (destination) => ({ method: 'POST', path: '/admin/v1/replays', body: { ...body, destination } }),
    { id, code: 'DESTINATION_NOT_FOUND' },
  );
});
