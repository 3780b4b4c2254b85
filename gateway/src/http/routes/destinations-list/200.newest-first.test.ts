// Destinations are listed newest first, page by page, each of one environment only, and none with its secret. K1 K3
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';

const { admin, call, elsewhere } = await sharedGateway();
interface Page {
  readonly items: readonly { readonly id: string }[];
  readonly next: string | null;
}

test('200 with each once, newest first, over all pages', async () => {
  const made = [await aDestination(), await aDestination(), await aDestination()];
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const page = (await admin('GET', `/admin/v1/destinations?limit=2${after}`)).json<Page>();
    ids.push(...page.items.map(({ id }) => id));
    if (page.next === null) break;
    after = `&after=${page.next}`;
  }
  assert.deepEqual(ids.slice(0, 3), made.map(({ id }) => id).toReversed());
  assert.equal(new Set(ids).size, ids.length);
});

test('200 with none of them for another environment', async () => {
  await aDestination();
  const others = await call({ path: '/admin/v1/destinations', key: (await elsewhere()).adminKey });
  assert.deepEqual(others.json(), { items: [], next: null });
});
