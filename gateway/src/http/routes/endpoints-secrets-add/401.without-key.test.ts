// Nobody adds a secret without a key in force. K11 Q16; trap "A missing signature header must fail".
import { test } from 'node:test';
import { assertKeyNeeded } from '../refusals.fixture.ts';

test('401 without a key, with half of one, with one that is revoked', async () => {
  await assertKeyNeeded({
    method: 'POST',
    path: '/admin/v1/endpoints/ep_00000000000000000000000000/secrets',
    body: { secret: 'a-secret-of-a-webhook-0123' },
  });
});
