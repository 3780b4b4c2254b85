// However many ask for readiness at once, the store is asked once: nobody loads it by asking. U14 K18.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withClient } from '#test/client';
import { withRaw } from '#test/raw';
import { withListener } from '../../http.fixture.ts';

test('200 for all of them, and life is told all the while', async (t) => {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const health = async (): Promise<void> => {
    asked += 1;
    await gate.promise;
  };
  const listener = await withListener(t, { rooms: { health } });
  const many = await Promise.all(Array.from({ length: 20 }, () => withRaw(t, listener)));
  for (const raw of many) raw.send('GET /readyz HTTP/1.1\r\nHost: gateway\r\n\r\n');
  const call = withClient(t, listener);
  for (let count = 0; count < 5; count++) assert.equal((await call({ path: '/livez' })).status, 200);
  gate.resolve();
  for (const raw of many) assert.equal((await raw.answer()).status, 200);
  assert.equal(asked, 1);
});
