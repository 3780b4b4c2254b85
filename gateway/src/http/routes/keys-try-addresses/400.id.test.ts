// What is not the id of a key is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { aKey } from '../objects.fixture.ts';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({ method: 'POST', path: `/admin/v1/keys/${id}/try-addresses`, body: { allowedAddresses: [] } }),
    'key',
  );
});

test('400 names every text that is no range', async () => {
  const { id } = await aKey();
  const path = `/admin/v1/keys/${id}/try-addresses`;
  const allowedAddresses = ['192.0.2.1', 'cnry', '192.0.2.1/24'];
  await assertFields({ method: 'POST', path, body: { allowedAddresses } }, [
    'body.allowedAddresses.1',
    'body.allowedAddresses.2',
  ]);
  await assertFields({ method: 'POST', path, body: {} }, ['body.allowedAddresses']);
});
