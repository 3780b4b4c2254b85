// What is not there and what belongs to another environment are answered alike. K3; invariant "Nothing crosses environments".
import { test } from 'node:test';
import { anEndpoint } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 ENDPOINT_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id } = await anEndpoint();
  await assertHidden(
    (id) => ({
      method: 'POST',
      path: `/admin/v1/endpoints/${id}/try-addresses`,
      body: { allowedAddresses: [] },
    }),
    { id, code: 'ENDPOINT_NOT_FOUND' },
  );
});
