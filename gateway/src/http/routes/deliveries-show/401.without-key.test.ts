// Nobody looks at a delivery without a key in force, and whoever tries learns nothing else. K11 Q16; trap "A missing signature
// header must fail".
import { test } from 'node:test';
import { assertKeyNeeded } from '../refusals.fixture.ts';

test('401 without a key, with half of one, with one that is revoked', async () => {
  await assertKeyNeeded({ path: '/admin/v1/deliveries/dlv_00000000000000000000000000' });
});
