// A test says how it went, whether well or not; the log says first that it is made, and no delivery comes of it. K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('200 with what came of it, also where nobody listens', async () => {
  const { id } = await aDestination();
  const answer = await admin('POST', `/admin/v1/destinations/${id}/test`);
  assert.equal(answer.status, 200, answer.text);
  const { ok, status, reason } = answer.json();
  assert.deepEqual({ ok, status, reason }, { ok: false, status: null, reason: 'OUTBOUND_CONNECT_FAILED' });
  const listed = await admin('GET', `/admin/v1/deliveries?destination=${id}`);
  assert.deepEqual(listed.json<{ items: unknown[] }>().items, []);
  assert.deepEqual(await actsOn(`destination:${id}`), [
    'destination.created: success by key',
    'destination.tested: intent by key',
  ]);
});
