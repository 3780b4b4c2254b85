// Deliveries are listed newest first, by event, destination and state, with how far they came, each of one environment only.
// K3 L12.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination, anEvent } from '../objects.fixture.ts';

const { admin, call, elsewhere } = await sharedGateway();
interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly destination: string;
  readonly state: string;
}
const list = async (query: string) =>
  (await admin('GET', `/admin/v1/deliveries?${query}`)).json<{ items: Delivery[] }>().items;

test('200 with those that are asked for', async () => {
  const { id: destination } = await aDestination();
  const [first, second] = [await anEvent(), await anEvent()];
  assert.deepEqual(
    (await list(`destination=${destination}`)).map(({ event }) => event),
    [second.id, first.id],
  );
  const due = await list(`event=${first.id}&destination=${destination}&state=due`);
  assert.deepEqual(
    due.map(({ event, state }) => [event, state]),
    [[first.id, 'due']],
  );
  assert.deepEqual(await list(`event=${first.id}&state=delivered`), []);
  assert.equal((await list(`destination=${destination}&limit=1&after=${due[0]?.id}`)).length, 0);
});

test('200 with none of them for another environment', async () => {
  const others = await call({ path: '/admin/v1/deliveries', key: (await elsewhere()).adminKey });
  assert.deepEqual(others.json(), { items: [], next: null });
});
