// A secret that verified a webhook lately ends only by force, and the only one of an endpoint never does. U10 Q10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, aRotatedEndpoint, sendWebhook } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('409 SECRET_IN_USE; with force it ends', async () => {
  const { id, path, secret } = await aRotatedEndpoint();
  await sendWebhook(path, { body: '{"id":"a","type":"order.paid","data":{"orderId":"o"}}' });
  const retire = (more: object) =>
    admin('POST', `/admin/v1/endpoints/${id}/secrets/retire`, { secret, ...more });
  assertProblem(await retire({}), 'SECRET_IN_USE');
  assert.equal((await retire({ force: true })).status, 204);
});

test('409 CONFLICT for the only one, force or not', async () => {
  const { id } = await anEndpoint();
  const [only] = (await admin('GET', `/admin/v1/endpoints/${id}/secrets`)).json<{ items: { id: string }[] }>()
    .items;
  const body = { secret: only?.id, force: true };
  assertProblem(await admin('POST', `/admin/v1/endpoints/${id}/secrets/retire`, body), 'CONFLICT');
});
