// What is not the id of a destination is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({ method: 'POST', path: `/admin/v1/destinations/${id}/rotate-secret`, body: {} }),
    'destination',
  );
});

test('400 for what the operation does not take', async () => {
  const rotate = {
    method: 'POST',
    path: '/admin/v1/destinations/dst_00000000000000000000000000/rotate-secret',
  } as const;
  for (const overlapSeconds of [-1, 1.5, '3600'])
    await assertFields({ ...rotate, body: { overlapSeconds } }, ['body.overlapSeconds']);
  await assertFields({ ...rotate, body: { secret: '' } }, ['body.secret']);
  await assertFields({ ...rotate, body: { kind: 'cnry' } }, ['body']);
});
