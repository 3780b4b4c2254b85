// A page of destinations is asked for in one way: unknown names, wrong values and a name sent twice are refused. K16 U14.
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

test('400 names the parameter, and none that is not known', async () => {
  for (const query of ['limit=0', 'limit=201', 'limit=1.5', 'limit=x', 'limit=', `after=${'a'.repeat(65)}`])
    await assertFields({ path: `/admin/v1/destinations?${query}` }, [`query.${query.split('=')[0]}`]);
  for (const query of ['more=1', '__proto__=1', 'constructor=1', 'limit[]=1'])
    await assertFields({ path: `/admin/v1/destinations?${query}` }, ['query']);
  for (const query of ['limit=1&limit=1', 'after=a&after=b', 'l%69mit=1&limit=1'])
    await assertFields({ path: `/admin/v1/destinations?${query}` }, []);
});
