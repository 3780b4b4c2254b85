// What is not the id of an endpoint, and days that are none, are named by field, and reach no query. K16 U14.
import { test } from 'node:test';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked((id) => ({ path: `/admin/v1/endpoints/${id}/callers` }), 'endpoint');
});

test('400 names the days that are none', async () => {
  const path = '/admin/v1/endpoints/ep_00000000000000000000000000/callers';
  for (const days of ['0', '36', '1.5', 'x'])
    await assertFields({ path: `${path}?days=${days}` }, ['query.days']);
});
