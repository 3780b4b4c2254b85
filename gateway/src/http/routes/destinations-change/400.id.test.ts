// What is not the id of a destination is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({ method: 'PATCH', path: `/admin/v1/destinations/${id}`, body: {} }),
    'destination',
  );
});

test('400 names the field of a change, and nothing changes', async () => {
  const { admin } = await sharedGateway();
  const { id } = await aDestination();
  const path = `/admin/v1/destinations/${id}`;
  const before = (await admin('GET', path)).json();
  await assertFields({ method: 'PATCH', path, body: { state: 'dead' } }, ['body.state']);
  await assertFields({ method: 'PATCH', path, body: { url: 'http://app.test', state: 'paused' } }, [
    'body.url',
  ]);
  for (const name of ['name', 'id', 'secret'])
    await assertFields({ method: 'PATCH', path, body: { [name]: 'a' } }, ['body']);
  assert.deepEqual((await admin('GET', path)).json(), before);
});
