// While the log can not be written no event is stored, and so none is answered. L2 K23 P12; trap "The entry and the act commit
// together".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { withoutLog } from '../log-away.fixture.ts';

const { admin, call, testKey: key } = await sharedGateway();

test('503, and no event is there; repeated afterwards it is stored', async () => {
  const send = () =>
    call({
      method: 'POST',
      path: '/v1/events',
      key,
      body: '{"type":"sent.without.log"}',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'while-the-log-was-away' },
    });
  await withoutLog(async () => assert.equal((await send()).status, 503));
  const { items } = (await admin('GET', '/admin/v1/events?type=sent.without.log')).json<{
    items: object[];
  }>();
  assert.deepEqual(items, []);
  assert.equal((await send()).json()['duplicate'], false);
});
