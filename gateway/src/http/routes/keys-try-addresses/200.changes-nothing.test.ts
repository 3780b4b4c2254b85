// An allowlist can be tried against the callers there were, and trying changes nothing. K14 U7 L12 Q15.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, actsOn, call } = await sharedGateway();

test('200 with the uses that would pass and the callers that would not', async () => {
  const { id, secret: key } = await aKey();
  const use = () =>
    call({ path: `/out/con_${'0'.repeat(26)}/x`, key, headers: { 'user-agent': 'the shop' } });
  await use();
  await use();
  const tried = async (allowedAddresses: readonly string[]) => {
    const answer = await admin('POST', `/admin/v1/keys/${id}/try-addresses`, { allowedAddresses });
    assert.equal(answer.status, 200, answer.text);
    const { passing, refused } = answer.json<{
      passing: number;
      refused: { address: string; uses: number }[];
    }>();
    return [passing, refused.map(({ address, uses }) => `${address} ${uses}`)];
  };
  assert.deepEqual(await tried([]), [2, []]);
  assert.deepEqual(await tried(['127.0.0.0/8']), [2, []]);
  assert.deepEqual(await tried(['192.0.2.0/24', '2001:db8::/32']), [0, ['127.0.0.1 2']]);
  assertProblem(await use(), 'CONNECTION_NOT_FOUND');
  assert.deepEqual(
    (await admin('GET', `/admin/v1/keys/${id}`)).json<{ key: { allowedAddresses: [] } }>().key
      .allowedAddresses,
    [],
  );
  assert.deepEqual((await actsOn(`key:${id}`)).slice(0, 1), ['key.created: success by key']);
});
