// A signer ends at once, once: who retires it again is told that it is gone. U8 U10 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('204 without a body; it is listed no more', async () => {
  const { id } = await aKey();
  const made = await admin('POST', `/admin/v1/keys/${id}/signers`, {
    scheme: 'mintmove',
    algorithm: 'hmac-sha256',
  });
  const signer = made.json<{ signer: { id: string } }>().signer.id;
  const retire = () => admin('POST', `/admin/v1/keys/${id}/signers/retire`, { signer });
  const answer = await retire();
  assert.equal(answer.status, 204);
  assert.equal(answer.text, '');
  assert.deepEqual((await admin('GET', `/admin/v1/keys/${id}/signers`)).json(), { items: [] });
  assertProblem(await retire(), 'SIGNER_NOT_FOUND');
  assert.deepEqual((await actsOn(`key:${id}`)).slice(1), [
    'key.signer_added: success by key',
    'key.signer_retired: success by key',
  ]);
});
