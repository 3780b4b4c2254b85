// What is not the id of a key is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked((id) => ({ method: 'PATCH', path: `/admin/v1/keys/${id}`, body: {} }), 'key');
});

test('400 names the field of a change', async () => {
  const change = (body: object) =>
    ({ method: 'PATCH', path: '/admin/v1/keys/key_00000000000000000000000000', body }) as const;
  await assertFields(change({ scopes: ['all'] }), ['body.scopes.0']);
  await assertFields(change({ force: 'yes' }), ['body.force']);
  for (const name of ['kind', 'name', 'id', 'revokedAt'])
    await assertFields(change({ [name]: 'test' }), ['body']);
});
