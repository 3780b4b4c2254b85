// What is not the id of a key is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({
      method: 'POST',
      path: `/admin/v1/keys/${id}/signers`,
      body: { scheme: 'mintmove', algorithm: 'hmac-sha256' },
    }),
    'key',
  );
});

test('400 for what does not fit together', async () => {
  const { id } = await aKey();
  const add = (body: object) => ({ method: 'POST', path: `/admin/v1/keys/${id}/signers`, body }) as const;
  await assertFields(add({}), ['body.scheme', 'body.algorithm']);
  await assertFields(add({ scheme: 'cnry', algorithm: 'none' }), ['body.scheme', 'body.algorithm']);
  const { admin } = await sharedGateway();
  for (const body of [
    { scheme: 'mintmove', algorithm: 'ed25519', publicKey: 'x' },
    { scheme: 'rfc9421', algorithm: 'ed25519' },
    { scheme: 'rfc9421', algorithm: 'ed25519', publicKey: 'no PEM' },
    { scheme: 'rfc9421', algorithm: 'hmac-sha256', publicKey: 'of theirs' },
  ])
    assertProblem(await admin('POST', `/admin/v1/keys/${id}/signers`, body), 'INVALID_REQUEST');
});
