// What is not there and what belongs to another environment are answered alike. K3; invariant "Nothing crosses environments".
import { test } from 'node:test';
import { aDelivery } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 DELIVERY_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id } = await aDelivery();
  await assertHidden((id) => ({ method: 'POST', path: `/admin/v1/deliveries/${id}/retry` }), {
    id,
    code: 'DELIVERY_NOT_FOUND',
  });
});
