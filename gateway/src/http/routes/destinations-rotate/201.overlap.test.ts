// A new secret is shown this once; the one before it has an end. Who lost the answer asks again by the same key and gets the same
// secret. K1 K4 U10 Q10.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { aDestination } from '../objects.fixture.ts';

const { admin, adminKey: key, actsOn, call } = await sharedGateway();
interface Rotated {
  readonly secret: string;
  readonly previousEndAt: string;
  readonly secrets: readonly { readonly kind: string; readonly endsAt: string | null }[];
}

test('201 with the new secret; the old one has an end; repeated, one answer and one act', async () => {
  const { id, secret: old } = await aDestination();
  const headers = { 'idempotency-key': `request-${freshName().replace(' ', '-')}` };
  const path = `/admin/v1/destinations/${id}/rotate-secret`;
  const rotate = () => call({ method: 'POST', path, key, headers, body: { overlapSeconds: 3_600 } });
  const answer = await rotate();
  assert.equal(answer.status, 201, answer.text);
  const { secret, previousEndAt, secrets } = answer.json<Rotated>();
  assert.match(secret, /^whsec_/);
  assert.notEqual(secret, old);
  const symmetric = secrets.filter(({ kind }) => kind === 'symmetric');
  assert.deepEqual(
    symmetric.map(({ endsAt }) => endsAt),
    [null, previousEndAt],
  );
  assert.deepEqual((await rotate()).json(), answer.json());
  const shown = await admin('GET', `/admin/v1/destinations/${id}`);
  for (const text of [old, secret]) assert.ok(!shown.text.includes(text.slice('whsec_'.length)));
  assert.deepEqual(await actsOn(`destination:${id}`), [
    'destination.created: success by key',
    'destination.rotated: success by key',
  ]);
});

test('201 without a body', async () => {
  const { id } = await aDestination();
  assert.equal((await admin('POST', `/admin/v1/destinations/${id}/rotate-secret`)).status, 201);
});
