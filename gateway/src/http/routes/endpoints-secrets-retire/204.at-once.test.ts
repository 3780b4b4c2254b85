// A secret of an endpoint ends at once when it is retired, and the log has it. U10 Q10 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('204 without a body: the old secret verifies nothing any more, the new one goes on', async () => {
  const { id, path } = await anEndpoint();
  const secrets = `/admin/v1/endpoints/${id}/secrets`;
  const [old] = (await admin('GET', secrets)).json<{ items: { id: string }[] }>().items;
  const secret = 'another-secret-of-a-webhook-0123';
  await admin('POST', secrets, { secret });
  const answer = await admin('POST', `${secrets}/retire`, { secret: old?.id });
  assert.deepEqual([answer.status, answer.text], [204, '']);
  const body = '{"id":"a","type":"order.paid","data":{"orderId":"o"}}';
  assertProblem(await sendWebhook(path, { body }), 'WEBHOOK_REFUSED');
  assert.equal((await sendWebhook(path, { body, secret })).status, 200);
});
