// What is not there and what belongs to another environment are answered alike. K3; invariant "Nothing crosses environments".
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

test("404 SIGNER_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { admin } = await sharedGateway();
  const { id } = await aKey();
  const made = await admin('POST', `/admin/v1/keys/${id}/signers`, {
    scheme: 'mintmove',
    algorithm: 'hmac-sha256',
  });
  const signer = made.json<{ signer: { id: string } }>().signer.id;
  await assertHidden(
    (id) => ({ method: 'POST', path: `/admin/v1/keys/${id}/signers/retire`, body: { signer } }),
    { id, code: 'SIGNER_NOT_FOUND' },
  );
});
