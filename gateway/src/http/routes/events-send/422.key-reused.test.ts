// A key that was used for one event can't send another: neither is lost in silence. P12 U11; trap "Authentic is not correct".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';

const { admin, call, testKey: key, elsewhere } = await sharedGateway();
const requestKey = 'one-key-for-two-requests';
const send = (body: object, by = key) =>
  call({
    method: 'POST',
    path: '/v1/events',
    key: by,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', 'idempotency-key': requestKey },
  });

test('422 for another body or another type under the same key; the first stays as it is', async () => {
  const body = { type: 'refund.made', data: { amount: 1 } };
  const first = await send(body);
  assert.equal(first.status, 200, first.text);
  for (const other of [
    { ...body, data: { amount: 2 } },
    { ...body, type: 'refund.failed' },
    { type: 'refund.made' },
  ])
    assertProblem(await send(other), 'IDEMPOTENCY_KEY_REUSED');
  assert.deepEqual((await send(body)).json(), { ...first.json(), duplicate: true });
  const { items } = (await admin('GET', '/admin/v1/events?type=refund.made')).json<{ items: object[] }>();
  assert.equal(items.length, 1);
});

test('another environment may use the same key', async () => {
  const { testKey } = await elsewhere();
  const answer = await send({ type: 'refund.failed' }, testKey);
  assert.equal(answer.json()['duplicate'], false, answer.text);
});
