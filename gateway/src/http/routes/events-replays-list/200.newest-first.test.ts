// Replays are listed newest first, a page at a time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aReplay } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200 with the newest first, and where the next page begins', async () => {
  const [first, second] = [await aReplay(), await aReplay()];
  const page = (await admin('GET', '/admin/v1/replays?limit=1')).json<{
    items: { id: string }[];
    next: string;
  }>();
  assert.deepEqual([page.items[0]?.id, page.next], [second.id, second.id]);
  const next = (await admin('GET', `/admin/v1/replays?limit=1&after=${page.next}`)).json<{
    items: { id: string }[];
  }>();
  assert.equal(next.items[0]?.id, first.id);
});
