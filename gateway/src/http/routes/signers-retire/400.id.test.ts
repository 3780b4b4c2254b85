// What is not the id of a key is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { newId, systemClock } from '#base';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({
      method: 'POST',
      path: `/admin/v1/keys/${id}/signers/retire`,
      body: { signer: newId('signer', systemClock) },
    }),
    'key',
  );
});

test('400 names the signer that is none', async () => {
  const retire = {
    method: 'POST',
    path: '/admin/v1/keys/key_00000000000000000000000000/signers/retire',
  } as const;
  await assertFields({ ...retire, body: {} }, ['body.signer']);
  await assertFields({ ...retire, body: { signer: 'cnry' } }, ['body.signer']);
});
