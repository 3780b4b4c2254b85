// A secret to sign with is ours, made here and shown this once; a public key is theirs, and comes back as it was sent. U8 K1
// K23.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('201 with a secret, which is in no later answer', async () => {
  const { id } = await aKey();
  const path = `/admin/v1/keys/${id}/signers`;
  const answer = await admin('POST', path, { scheme: 'mintmove', algorithm: 'hmac-sha256' });
  assert.equal(answer.status, 201);
  const { signer, secret } = answer.json<{ signer: { publicKey: string | null }; secret: string }>();
  assert.equal(signer.publicKey, null);
  assert.ok(secret.length >= 32);
  assert.ok(!(await admin('GET', path)).text.includes(secret));
  assert.deepEqual(await actsOn(`key:${id}`), [
    'key.created: success by key',
    'key.signer_added: success by key',
  ]);
});

test('201 with a public key, and no secret at all', async () => {
  const { id } = await aKey();
  const publicKey = generateKeyPairSync('ed25519')
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString();
  const body = { scheme: 'rfc9421', algorithm: 'ed25519', publicKey };
  const answer = await admin('POST', `/admin/v1/keys/${id}/signers`, body);
  assert.equal(answer.status, 201, answer.text);
  const { signer, secret } = answer.json<{ signer: { publicKey: string | null }; secret: string | null }>();
  assert.deepEqual([signer.publicKey, secret], [publicKey, null]);
});
