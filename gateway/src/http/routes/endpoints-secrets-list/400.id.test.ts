// What is not the id of an endpoint is a wrong field of the path, and reaches no query. K16 U14.
import { test } from 'node:test';
import { assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked((id) => ({ method: 'GET', path: `/admin/v1/endpoints/${id}/secrets` }), 'endpoint');
});
