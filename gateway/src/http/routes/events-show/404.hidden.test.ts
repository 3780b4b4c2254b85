// What is not there and what belongs to another environment are answered alike. K3; invariant "Nothing crosses environments".
import { test } from 'node:test';
import { anEvent } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 EVENT_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id } = await anEvent();
  await assertHidden((id) => ({ path: `/admin/v1/events/${id}` }), { id, code: 'EVENT_NOT_FOUND' });
});
