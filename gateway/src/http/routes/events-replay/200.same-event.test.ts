// A replay makes a new delivery of the same event: to every active destination, or to the one that is named. U11 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination, anEvent } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('200 with a delivery for each active destination, or for the one named', async () => {
  const { id } = await anEvent();
  const [first, second, paused] = [await aDestination(), await aDestination(), await aDestination()];
  await admin('PATCH', `/admin/v1/destinations/${paused.id}`, { state: 'paused' });
  const replay = async (body: object) => {
    const answer = await admin('POST', `/admin/v1/events/${id}/replay`, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.json<{ deliveries: string[] }>().deliveries;
  };
  const all = await replay({});
  const one = await replay({ destination: first.id });
  assert.equal(one.length, 1);
  const listed = await admin('GET', `/admin/v1/deliveries?event=${id}&limit=200`);
  const { items } = listed.json<{ items: { id: string; destination: string }[] }>();
  const to = (ids: readonly string[]) =>
    items.filter((item) => ids.includes(item.id)).map(({ destination }) => destination);
  assert.ok(to(all).includes(first.id) && to(all).includes(second.id) && !to(all).includes(paused.id));
  assert.deepEqual(to(one), [first.id]);
  const acts = (await actsOn(`event:${id}`)).filter((act) => act === 'event.replayed: success by key');
  assert.equal(acts.length, 2);
});
