// What requests of a key can be signed with is listed newest first, with public keys and without secrets. U8 K1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('200: none, then each, newest first, and no secret', async () => {
  const { id } = await aKey();
  const path = `/admin/v1/keys/${id}/signers`;
  assert.deepEqual((await admin('GET', path)).json(), { items: [] });
  const add = () => admin('POST', path, { scheme: 'mintmove', algorithm: 'hmac-sha256' });
  const made = [await add(), await add()].map((one) =>
    one.json<{ signer: { id: string }; secret: string }>(),
  );
  const listed = await admin('GET', path);
  assert.deepEqual(listed.json<{ items: object[] }>().items, made.map(({ signer }) => signer).toReversed());
  for (const { secret } of made) assert.ok(!listed.text.includes(secret));
});
