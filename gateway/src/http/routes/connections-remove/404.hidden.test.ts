// What is not there and what belongs to another environment are answered alike. K3; invariant "Nothing crosses environments".
import { test } from 'node:test';
import { aConnection } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 CONNECTION_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id } = await aConnection();
  await assertHidden((id) => ({ method: 'DELETE', path: `/admin/v1/connections/${id}` }), {
    id,
    code: 'CONNECTION_NOT_FOUND',
  });
});
