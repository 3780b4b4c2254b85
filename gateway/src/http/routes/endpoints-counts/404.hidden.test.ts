// An endpoint of another environment is not there. K3.
import { test } from 'node:test';
import { anEndpoint } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 in the same words for nobody's and for another environment's", async () => {
  const { id } = await anEndpoint();
  await assertHidden((one) => ({ method: 'GET', path: `/admin/v1/endpoints/${one}/counts` }), {
    id,
    code: 'ENDPOINT_NOT_FOUND',
  });
});
