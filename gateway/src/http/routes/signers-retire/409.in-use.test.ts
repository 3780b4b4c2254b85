// A signer whose signatures still come in ends only by force. U8 U10 Q10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signRequest } from '@sallyport/schemes';
import { utf8 } from '#base';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, call } = await sharedGateway();

test('409 SECRET_IN_USE after a signed request; with force it ends', async () => {
  const { id } = await aKey();
  const made = await admin('POST', `/admin/v1/keys/${id}/signers`, {
    scheme: 'mintmove',
    algorithm: 'hmac-sha256',
  });
  const {
    signer: { id: signer },
    secret,
  } = made.json<{ signer: { id: string }; secret: string }>();
  const path = `/out/con_${'0'.repeat(26)}/x`;
  const headers = await signRequest({
    scheme: 'mintmove',
    keyId: id,
    key: { algorithm: 'hmac-sha256', secret: utf8(secret) },
    method: 'GET',
    target: path,
    body: new Uint8Array(),
    nowMs: Date.now(),
  });
  assertProblem(await call({ path, headers: Object.fromEntries(headers) }), 'CONNECTION_NOT_FOUND');
  const retire = (body: object) => admin('POST', `/admin/v1/keys/${id}/signers/retire`, body);
  assertProblem(await retire({ signer }), 'SECRET_IN_USE');
  assert.equal((await retire({ signer, force: true })).status, 204);
});
