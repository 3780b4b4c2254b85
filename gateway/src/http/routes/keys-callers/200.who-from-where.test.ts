// Who used a key, from where, as what, with which of its secrets and how often is told at once. U10 Q11 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, call } = await sharedGateway();

test('200 with each caller and its uses; nobody before the first', async () => {
  const { id, secret: key } = await aKey();
  const callers = async () =>
    (await admin('GET', `/admin/v1/keys/${id}/callers`)).json<{ items: Record<string, unknown>[] }>().items;
  assert.deepEqual(await callers(), []);
  for (const agent of ['the shop', 'the shop', 'a script'])
    await call({ path: `/out/con_${'0'.repeat(26)}/x`, key, headers: { 'user-agent': agent } });
  const { secrets } = (await admin('GET', `/admin/v1/keys/${id}`)).json<{ secrets: { id: string }[] }>();
  const told = (await callers()).map(({ firstUsedAt: _first, lastUsedAt: _last, ...caller }) => caller);
  const [credential, address] = [secrets[0]?.id, '127.0.0.1'];
  assert.deepEqual(
    told.toSorted((one, other) => Number(one['uses']) - Number(other['uses'])),
    [
      { credential, address, agent: 'a script', uses: 1 },
      { credential, address, agent: 'the shop', uses: 2 },
    ],
  );
});
