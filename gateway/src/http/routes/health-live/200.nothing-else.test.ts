// Whoever asks learns that the process answers, and nothing else: no version, no host, no count. U14 K19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';

const { call } = await sharedGateway();

test('200 in one word, to anybody; to HEAD without a body', async () => {
  const answer = await call({ path: '/livez' });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), { live: true });
  const head = await call({ method: 'HEAD', path: '/livez' });
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
});
