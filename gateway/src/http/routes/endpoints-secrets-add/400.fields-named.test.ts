// What is no endpoint, no secret or no overlap is named as the field it is, and does not come back. K16 U14.
import { test } from 'node:test';
import { anEndpoint } from '../objects.fixture.ts';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

const secret = 'cnry-secret-of-a-webhook-0123';

test('400 for what is no id', async () => {
  await assertIdChecked(
    (id) => ({ method: 'POST', path: `/admin/v1/endpoints/${id}/secrets`, body: { secret } }),
    'endpoint',
  );
});

test('400 names the secret that is too short and the overlap that is too long', async () => {
  const { id } = await anEndpoint();
  const add = { method: 'POST', path: `/admin/v1/endpoints/${id}/secrets` } as const;
  await assertFields({ ...add, body: {} }, ['body.secret']);
  await assertFields({ ...add, body: { secret: 'cnry' } }, ['body.secret']);
  await assertFields({ ...add, body: { secret, overlapSeconds: -1 } }, ['body.overlapSeconds']);
  await assertFields({ ...add, body: { secret, overlapSeconds: 999_999_999 } }, ['body.overlapSeconds']);
});
