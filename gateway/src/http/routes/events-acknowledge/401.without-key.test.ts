// Nobody acknowledges without a key in force. K11 Q16.
import { test } from 'node:test';
import { assertKeyNeeded } from '../refusals.fixture.ts';

test('401 without a key, with half of one, with one that is revoked', async () => {
  await assertKeyNeeded({ method: 'POST', path: '/v1/events/acknowledge', body: {} });
});
