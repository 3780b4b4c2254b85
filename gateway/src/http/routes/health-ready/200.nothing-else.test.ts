// Whoever asks learns that the node reaches its store, and nothing else. U14 K19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';

const { call } = await sharedGateway();

test('200 in one word, to anybody; to HEAD without a body', async () => {
  const answer = await call({ path: '/readyz' });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), { ready: true });
  const head = await call({ method: 'HEAD', path: '/readyz' });
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
});
