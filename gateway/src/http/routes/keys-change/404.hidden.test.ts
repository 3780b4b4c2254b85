// What is not there and what belongs to another environment are answered alike. K3; invariant "Nothing crosses environments".
import { test } from 'node:test';
import { aKey } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 KEY_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id } = await aKey();
  await assertHidden((id) => ({ method: 'PATCH', path: `/admin/v1/keys/${id}`, body: { note: 'a' } }), {
    id,
    code: 'KEY_NOT_FOUND',
  });
});
