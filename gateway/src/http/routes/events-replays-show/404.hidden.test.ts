// What is not there and what belongs to another environment are answered alike. K3; invariant "Nothing crosses environments".
import { test } from 'node:test';
import { aReplay } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 REPLAY_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id } = await aReplay();
  await assertHidden((id) => ({ path: `/admin/v1/replays/${id}` }), { id, code: 'REPLAY_NOT_FOUND' });
});
