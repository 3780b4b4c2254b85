// What is not the id of a destination is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({ method: 'POST', path: `/admin/v1/destinations/${id}/test` }),
    'destination',
  );
});

test('400 for what the operation does not take', async () => {
  await assertFields(
    { method: 'POST', path: '/admin/v1/destinations/dst_00000000000000000000000000/test', body: { more: 1 } },
    [],
  );
});
