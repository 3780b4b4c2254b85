// An allowlist is tried on who called in the last day, those whose webhooks would be lost apart, and nothing changes. K14 U7 Q15.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with what would pass and who would not, verified or not', async () => {
  const { id, path } = await anEndpoint();
  await sendWebhook(path, { body: '{"id":"a"}' });
  await sendWebhook(path, { body: '{"id":"b"}', secret: 'not-the-secret-0123456789' });
  const tried = async (allowedAddresses: readonly string[]) => {
    const answer = await admin('POST', `/admin/v1/endpoints/${id}/try-addresses`, { allowedAddresses });
    const { passing, refused } = answer.json<{
      passing: number;
      refused: { verified: object[]; unverified: object[] };
    }>();
    return [passing, refused.verified.length, refused.unverified.length];
  };
  assert.deepEqual(await tried(['192.0.2.0/24']), [0, 1, 1]);
  assert.deepEqual(await tried(['::ffff:127.0.0.0/104']), [2, 0, 0]);
  assert.deepEqual(await tried([]), [2, 0, 0]);
  assert.equal((await sendWebhook(path, { body: '{"id":"c"}' })).status, 200);
});
