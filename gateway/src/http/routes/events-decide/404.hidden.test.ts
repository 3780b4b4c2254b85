// An event of another environment is not there. K3.
import { test } from 'node:test';
import { aHeldEvent } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 in the same words for nobody's and for another environment's", async () => {
  const { id } = await aHeldEvent();
  await assertHidden((one) => ({ method: 'POST', path: `/admin/v1/events/${one}/release` }), {
    id,
    code: 'EVENT_NOT_FOUND',
  });
});
