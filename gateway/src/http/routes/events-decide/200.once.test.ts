// An event that is held goes on when somebody says so, or never; what was decided is seen and in the log. K9 L12.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination, aHeldEvent } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('200 released: it is accepted, and on its way to destinations', async () => {
  await aDestination();
  const { id } = await aHeldEvent();
  const deliveries = async () =>
    (await admin('GET', `/admin/v1/deliveries?event=${id}`)).json<{ items: object[] }>().items.length;
  assert.equal(await deliveries(), 0);
  const listed = await admin('GET', '/admin/v1/events?state=quarantined&limit=100');
  assert.ok(listed.json<{ items: { id: string }[] }>().items.some((one) => one.id === id));
  const answer = await admin('POST', `/admin/v1/events/${id}/release`);
  const { state, reason } = answer.json<{ state: string; reason: string }>();
  assert.deepEqual([answer.status, state, reason], [200, 'accepted', 'schema']);
  assert.ok((await deliveries()) >= 1);
  assert.ok((await actsOn(`event:${id}`)).includes('event.released: success by key'));
});

test('200 discarded: it is still there, and never delivered', async () => {
  const { id } = await aHeldEvent();
  assert.equal((await admin('POST', `/admin/v1/events/${id}/discard`)).status, 200);
  const shown = await admin('GET', `/admin/v1/events/${id}`);
  assert.equal(shown.json<{ state: string }>().state, 'discarded');
  assert.ok((await actsOn(`event:${id}`)).includes('event.discarded: success by key'));
});
