// What is not there and what belongs to another environment are answered alike. K3; invariant "Nothing crosses environments".
import { test } from 'node:test';
import { aDestination } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 DESTINATION_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id } = await aDestination();
  await assertHidden((id) => ({ method: 'POST', path: `/admin/v1/destinations/${id}/test` }), {
    id,
    code: 'DESTINATION_NOT_FOUND',
  });
});
