// Nobody is given events without a key in force, and whoever tries learns nothing else. K11 Q16.
import { test } from 'node:test';
import { assertKeyNeeded } from '../refusals.fixture.ts';

test('401 without a key, with half of one, with one that is revoked', async () => {
  await assertKeyNeeded({ path: '/v1/events' });
});
