// What is not the id of a replay is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked((id) => ({ path: `/admin/v1/replays/${id}` }), 'replay');
});

test('400 for what the operation does not take', async () => {
  await assertFields({ path: '/admin/v1/replays/rpl_00000000000000000000000000?more=1' }, ['query']);
});
