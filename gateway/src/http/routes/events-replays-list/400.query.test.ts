// A page has bounds, and a query that isn't known is refused. K16 U14.
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

test('400 for a page without bounds, and for what is unknown', async () => {
  for (const limit of ['0', '-1', '100000', 'x'])
    await assertFields({ path: `/admin/v1/replays?limit=${limit}` }, ['query.limit']);
  await assertFields({ path: '/admin/v1/replays?state=running' }, ['query']);
});
