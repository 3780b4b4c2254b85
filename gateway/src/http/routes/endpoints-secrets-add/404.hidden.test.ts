// An endpoint of another environment is not there. K3.
import { test } from 'node:test';
import { anEndpoint } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 in the same words for nobody's and for another environment's", async () => {
  const { id } = await anEndpoint();
  await assertHidden(
    (one) => ({
      method: 'POST',
      path: `/admin/v1/endpoints/${one}/secrets`,
      body: { secret: 'a-secret-of-a-webhook-0123' },
    }),
    { id, code: 'ENDPOINT_NOT_FOUND' },
  );
});
