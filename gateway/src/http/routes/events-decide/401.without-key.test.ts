// Nobody decides about events without a key in force. K11 Q16; trap "A missing signature header must fail".
import { test } from 'node:test';
import { assertKeyNeeded } from '../refusals.fixture.ts';

test('401 without a key, with half of one, with one that is revoked', async () => {
  await assertKeyNeeded({ method: 'POST', path: '/admin/v1/events/evt_00000000000000000000000000/release' });
  await assertKeyNeeded({ method: 'POST', path: '/admin/v1/events/evt_00000000000000000000000000/discard' });
});
