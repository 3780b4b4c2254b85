// Nothing is delivered to a destination that is not there, or that another environment has. K3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { anEvent } from '../objects.fixture.ts';
import { nobodysLike } from '../refusals.fixture.ts';

const { admin, call, elsewhere } = await sharedGateway();

test('404 DESTINATION_NOT_FOUND, and no delivery is made', async () => {
  const { id } = await anEvent();
  const { adminKey: key } = await elsewhere();
  const body = { name: 'theirs', url: 'https://app.test/x' };
  const theirs = await call({ method: 'POST', path: '/admin/v1/destinations', key, body });
  const other = theirs.json<{ destination: { id: string } }>().destination.id;
  for (const destination of [nobodysLike(other), other])
    assertProblem(
      await admin('POST', `/admin/v1/events/${id}/replay`, { destination }),
      'DESTINATION_NOT_FOUND',
    );
  const { items } = (await admin('GET', `/admin/v1/deliveries?event=${id}`)).json<{
    items: { destination: string }[];
  }>();
  assert.ok(items.every(({ destination }) => destination !== other));
});
