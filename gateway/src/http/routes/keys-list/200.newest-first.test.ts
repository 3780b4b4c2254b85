// Keys are listed newest first, page by page, each of one environment only, and none with its secret. K1 K3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, call, elsewhere } = await sharedGateway();
interface Page {
  readonly items: readonly { readonly id: string; readonly name: string }[];
  readonly next: string | null;
}

test('200 with every key once, newest first, over all pages', async () => {
  const made = [await aKey(), await aKey(), await aKey()];
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const page = (await admin('GET', `/admin/v1/keys?limit=2${after}`)).json<Page>();
    ids.push(...page.items.map(({ id }) => id));
    if (page.next === null) break;
    after = `&after=${page.next}`;
  }
  assert.deepEqual(ids.slice(0, 3), made.map(({ id }) => id).toReversed());
  assert.equal(new Set(ids).size, ids.length);
});

test('and no secret, and no key of another environment', async () => {
  const { id, secret } = await aKey();
  assert.ok(!(await admin('GET', '/admin/v1/keys')).text.includes(secret.slice('sk_test_syp_'.length)));
  const others = await call({ path: '/admin/v1/keys', key: (await elsewhere()).adminKey });
  assert.equal(others.json<Page>().items.length, 2);
  assert.ok(!others.text.includes(id));
});
