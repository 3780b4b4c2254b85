// A destination gets a secret of 32 random bytes to verify deliveries with, in this answer and nowhere else. K1 K7 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName, sharedGateway } from '#test/shared-gateway';

const { admin, actsOn } = await sharedGateway();

test('201 with the destination and its secret', async () => {
  const body = { name: freshName(), url: 'https://app.test/webhooks?shop=1' };
  const answer = await admin('POST', '/admin/v1/destinations', body);
  assert.equal(answer.status, 201);
  const { destination, secret } = answer.json<{ destination: Record<string, string>; secret: string }>();
  const { id, createdAt: _, ...rest } = destination;
  assert.deepEqual(rest, { ...body, state: 'active' });
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.ok(
    !(await admin('GET', `/admin/v1/destinations/${id}`)).text.includes(secret.slice('whsec_'.length)),
  );
  assert.deepEqual(await actsOn(`destination:${id}`), ['destination.created: success by key']);
});
