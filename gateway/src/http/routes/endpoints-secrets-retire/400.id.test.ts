// What is not the id of an endpoint or of a secret is a wrong field, and reaches no query. K16 U14.
import { test } from 'node:test';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({
      method: 'POST',
      path: `/admin/v1/endpoints/${id}/secrets/retire`,
      body: { secret: 'sec_00000000000000000000000000' },
    }),
    'endpoint',
  );
});

test('400 names the secret that is none', async () => {
  const retire = {
    method: 'POST',
    path: '/admin/v1/endpoints/ep_00000000000000000000000000/secrets/retire',
  } as const;
  await assertFields({ ...retire, body: {} }, ['body.secret']);
  await assertFields({ ...retire, body: { secret: 'cnry' } }, ['body.secret']);
});
