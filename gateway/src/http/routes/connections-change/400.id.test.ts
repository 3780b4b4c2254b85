// What is not the id of a connection is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({ method: 'PATCH', path: `/admin/v1/connections/${id}`, body: {} }),
    'connection',
  );
});

test('400 names the field of a change', async () => {
  const change = (body: object) =>
    ({ method: 'PATCH', path: '/admin/v1/connections/con_00000000000000000000000000', body }) as const;
  for (const requestChecks of ['none', '', null, true])
    await assertFields(change({ requestChecks }), ['body.requestChecks']);
  await assertFields(change({ baseUrl: '' }), ['body.baseUrl']);
  await assertFields(change({ credential: 'cnry' }), ['body.credential']);
  for (const name of ['platform', 'name', 'id', 'prefix'])
    await assertFields(change({ [name]: 'koywe' }), ['body']);
});

test('400 HOST_NOT_ALLOWED for the live host of the platform, and nothing changes', async () => {
  const { admin } = await sharedGateway();
  const made = await aConnection();
  const path = `/admin/v1/connections/${made.id}`;
  assertProblem(
    await admin('PATCH', path, { baseUrl: 'https://api.koywe.com', requestChecks: 'off' }),
    'HOST_NOT_ALLOWED',
  );
  assert.deepEqual((await admin('GET', path)).json(), made);
});
