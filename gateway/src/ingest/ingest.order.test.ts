// Events of an endpoint are in the order in which their webhooks arrived at a node, however many arrive at once, at several nodes
// and in several batches; each is stored once. Design 7; traps "Delivering", "NOTIFY inside each write".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventBody, kept, rowsOf, signed, withIngest } from './ingest.fixture.ts';

const EACH = 300;

test('K7 ids sort as webhooks arrived at each of two nodes, over batches that commit side by side', async (t) => {
  const one = await withIngest(t, { limits: { webhookBatchItemsMax: 16 } });
  const { environment, endpoint, url } = one;
  const nodes = [one, await one.node()];
  const arrived = await Promise.all(
    nodes.map((node, at) =>
      Promise.all(
        Array.from({ length: EACH }, (_, number) =>
          // Handed over one behind the other, and none waits for the one before it.
          kept(node.ingest, signed(eventBody(`${at}-${number}`), { endpoint: endpoint.id })),
        ),
      ),
    ),
  );
  for (const events of arrived) {
    const ids = events.map(({ event }) => event);
    assert.deepEqual(ids.toSorted(), ids);
  }
  const rows = await rowsOf(url, environment, 'select platform_event from events order by id');
  assert.equal(rows.length, 2 * EACH);
  for (const at of [0, 1]) {
    const mine = rows.map(({ platform_event: id }) => String(id)).filter((id) => id.startsWith(`${at}-`));
    assert.deepEqual(
      mine,
      Array.from({ length: EACH }, (_, number) => `${at}-${number}`),
    );
  }
});
