// What is not the id of a key is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked((id) => ({ path: `/admin/v1/keys/${id}/callers` }), 'key');
});

test('400 names the days that are none', async () => {
  const path = '/admin/v1/keys/key_00000000000000000000000000/callers';
  for (const days of ['0', '36', '1.5', 'x'])
    await assertFields({ path: `${path}?days=${days}` }, ['query.days']);
  await assertFields({ path: `${path}?limit=1` }, ['query']);
});
