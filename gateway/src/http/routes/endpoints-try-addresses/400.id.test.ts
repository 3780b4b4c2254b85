// What is not the id of an endpoint, and texts that are no range, are named by field, and reach no query. K14 K16 U14.
import { test } from 'node:test';
import { anEndpoint } from '../objects.fixture.ts';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({
      method: 'POST',
      path: `/admin/v1/endpoints/${id}/try-addresses`,
      body: { allowedAddresses: [] },
    }),
    'endpoint',
  );
});

test('400 names every text that is no range', async () => {
  const { id } = await anEndpoint();
  const path = `/admin/v1/endpoints/${id}/try-addresses`;
  const allowedAddresses = ['192.0.2.0/24', '192.0.2.1/24', 'cnry'];
  await assertFields({ method: 'POST', path, body: { allowedAddresses } }, [
    'body.allowedAddresses.1',
    'body.allowedAddresses.2',
  ]);
});
