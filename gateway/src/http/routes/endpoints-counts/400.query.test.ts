// What is not the id of an endpoint, or no number of days, is a wrong field and reaches no query. K16 U14.
import { test } from 'node:test';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id', async () => {
  await assertIdChecked((id) => ({ method: 'GET', path: `/admin/v1/endpoints/${id}/counts` }), 'endpoint');
});

test('400 for days beyond the bounds', async () => {
  for (const days of ['0', '401', 'cnry'])
    await assertFields(
      { method: 'GET', path: `/admin/v1/endpoints/ep_00000000000000000000000000/counts?days=${days}` },
      ['query.days'],
    );
});
