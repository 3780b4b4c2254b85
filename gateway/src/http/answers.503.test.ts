// 503: with its store away a node refuses at every operation and says when to come back, and still tells that it lives.
// K19 U14; trap "fail closed when the memory can't be reached".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Access } from '#access';
import { Fault } from '#base';
import type { Ingest } from '#ingest';
import { withClient } from '#test/client';
import { assertProblem } from '#test/problem';
import { roomWith, withListener } from './http.fixture.ts';
import { describedOperations } from './operations.fixture.ts';

test('503 STORE_UNAVAILABLE with Retry-After at every operation but signs of life', async (t) => {
  const away = async (): Promise<never> => {
    throw new Fault('STORE_UNAVAILABLE', { retryAfterSeconds: 2 });
  };
  const access = roomWith<Access>({ signatureOf: () => null, authenticate: away, signIn: away });
  const ingest = roomWith<Ingest>({
    expect: async () => ({ bodyBytesMax: 1_048_576 }),
    receive: away,
    challenge: away,
  });
  const listener = await withListener(t, { rooms: { access, ingest, health: away } });
  const call = withClient(t, listener);
  const signIn = { apiKey: `key_${'0'.repeat(26)}`, secret: 'x' };
  for (const { method, path } of await describedOperations()) {
    if (method === 'HEAD' || path === '/livez') continue;
    const body = path.endsWith('/sign-in')
      ? signIn
      : path.startsWith('/in/') && method === 'POST'
        ? {}
        : undefined;
    const answer = await call({ method, path, key: 'any', ...(body === undefined ? {} : { body }) });
    assertProblem(answer, 'STORE_UNAVAILABLE');
    assert.equal(answer.headers['retry-after'], '2');
  }
  assert.equal((await call({ path: '/livez' })).status, 200);
});
