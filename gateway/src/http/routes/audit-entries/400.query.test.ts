// A page of the log is asked for in one way. K16 U14.
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

test('400 names the parameter', async () => {
  const path = '/admin/v1/audit/entries';
  for (const query of [
    'limit=0',
    'limit=201',
    'after=-1',
    'after=x',
    `action=${'a'.repeat(61)}`,
    `resource=${'a'.repeat(101)}`,
  ])
    await assertFields({ path: `${path}?${query}` }, [`query.${query.split('=')[0]}`]);
  for (const query of ['more=1', 'actor=me']) await assertFields({ path: `${path}?${query}` }, ['query']);
});
