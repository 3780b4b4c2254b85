// The log is read newest first, by action and by object, with who did it from where in which request, each environment its
// own. K23 L16 U12 K3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { actsOn, admin, call, elsewhere } = await sharedGateway();
interface Entry {
  readonly index: number;
  readonly entry: {
    readonly action: string;
    readonly resource: string;
    readonly request: string;
    readonly address: string;
  };
}
const entries = async (query: string) =>
  (await admin('GET', `/admin/v1/audit/entries?${query}`)).json<{ items: Entry[]; next: number | null }>();

test('200 with what was done, and in which request', async () => {
  const { id } = await aKey();
  const changed = await admin('PATCH', `/admin/v1/keys/${id}`, { note: 'a' });
  await actsOn(`key:${id}`);
  const { items } = await entries(`resource=key:${id}`);
  assert.deepEqual(
    items.map(({ entry }) => entry.action),
    ['key.changed', 'key.created'],
  );
  assert.equal(items[0]?.entry.request, changed.headers['x-request-id']);
  assert.equal(items[0]?.entry.address, '127.0.0.1');
  const page = await entries(`resource=key:${id}&limit=1`);
  assert.equal(page.items[0]?.index, items[0]?.index);
  assert.deepEqual((await entries(`resource=key:${id}&limit=1&after=${page.next}`)).items, items.slice(1));
  assert.ok((await entries('action=key.created')).items.every(({ entry }) => entry.action === 'key.created'));
});

test('200 with nothing of it for another environment', async () => {
  const { id } = await aKey();
  await actsOn(`key:${id}`);
  const { adminKey: key } = await elsewhere();
  assert.ok(!(await call({ path: '/admin/v1/audit/entries?limit=200', key })).text.includes(id));
});
