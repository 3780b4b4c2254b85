// Nobody tries a replay without a key in force, and whoever tries learns nothing else. K11 Q16; trap "A missing signature
// header must fail".
import { test } from 'node:test';
import { assertKeyNeeded } from '../refusals.fixture.ts';

test('401 without a key, with half of one, with one that is revoked', async () => {
  await assertKeyNeeded({
    method: 'POST',
    path: '/admin/v1/replays/try',
    body: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' },
  });
});
