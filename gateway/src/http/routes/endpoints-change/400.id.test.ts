// What is not the id of an endpoint is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint } from '../objects.fixture.ts';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({ method: 'PATCH', path: `/admin/v1/endpoints/${id}`, body: {} }),
    'endpoint',
  );
});

test('400 names the field of a change, and nothing changes', async () => {
  const { admin } = await sharedGateway();
  const made = await anEndpoint();
  const path = `/admin/v1/endpoints/${made.id}`;
  await assertFields({ method: 'PATCH', path, body: { state: 'dead' } }, ['body.state']);
  await assertFields({ method: 'PATCH', path, body: { state: 'paused', secret: 'cnry' } }, ['body.secret']);
  for (const name of ['name', 'id', 'platform'])
    await assertFields({ method: 'PATCH', path, body: { [name]: 'koywe' } }, ['body']);
  assert.deepEqual((await admin('GET', path)).json(), made);
});
