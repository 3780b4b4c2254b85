// Whether the platform takes the credential is told with the reason and without the credential; the log has the intent before
// and the outcome after. K4 K6 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { canary } from '../../../../../tools/leaks/canaries.ts';
import { aConnection } from '../objects.fixture.ts';

const { admin, actsOn, koywe } = await sharedGateway();
const check = (id: string) => admin('POST', `/admin/v1/connections/${id}/check`);

test('200 ok for a credential that the platform takes', async () => {
  const { id } = await aConnection();
  const { ok, reason } = (await check(id)).json();
  assert.deepEqual({ ok, reason }, { ok: true, reason: null });
  assert.deepEqual(await actsOn(`connection:${id}`), [
    'connection.created: success by key',
    'connection.checked: intent by key',
    'connection.checked: success by key',
  ]);
});

test('200 not ok, with the reason, for one that it refuses, and for a platform that is not there', async () => {
  const wrong = await aConnection({
    credential: { apiKey: koywe.apiKey, secret: canary('password').slice(0, 16) },
  });
  const refused = await check(wrong.id);
  assert.match(String(refused.json()['reason']), /^PLATFORM_CREDENTIAL_REFUSED: /);
  assert.ok(!refused.text.includes(koywe.apiKey));
  const away = await check((await aConnection({ baseUrl: 'https://127.0.0.1:1' })).id);
  assert.match(String(away.json()['reason']), /^OUTBOUND_CONNECT_FAILED: /);
  assert.deepEqual((await actsOn(`connection:${wrong.id}`)).at(-1), 'connection.checked: failure by key');
});
