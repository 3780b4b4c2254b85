// A filter that is none is refused, never left out. K16.
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

test('400 names the filter', async () => {
  for (const query of ['state=lost', 'event=cnry', 'destination=cnry'])
    await assertFields({ path: `/admin/v1/deliveries?${query}` }, [`query.${query.split('=')[0]}`]);
});
