// A leaked, revoked key that is tried again and again is recorded each time and can't fill the log. Q16 K24 U12; design 5.4, 5.7.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSecretText } from '#base';
import { ACTOR, withAccess } from './access.fixture.ts';

test('Q16 500 tries with a revoked key at once are refused, counted, and make two entries', async (t) => {
  const { access, environments, acts } = await withAccess(t);
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'leaked' }, ACTOR);
  await access.keys.revoke({ environment, key: key.id }, ACTOR);
  const presented = {
    authorization: `Bearer ${openSecretText(secret)}`,
    surface: 'runtime',
    actor: ACTOR,
  } as const;
  const tries = Array.from({ length: 500 }, () => access.authenticate(presented));
  for (const result of await Promise.allSettled(tries)) {
    assert.equal(result.status, 'rejected');
    assert.equal(result.reason.code, 'KEY_REVOKED');
  }
  const refused = (await acts(environment)).filter(({ action }) => action === 'auth.refused');
  const counts = refused.map(({ text }) => Number(JSON.parse(text).details.count ?? 1));
  assert.equal(refused.length, 2);
  assert.deepEqual(counts, [1, 499]);
});

test('Q16 a genuine key presented with the id of another leaves an entry with its own', async (t) => {
  const { access, environments, acts } = await withAccess(t);
  const { id: environment } = environments.development;
  const one = await access.keys.create({ environment, kind: 'test', name: 'one' }, ACTOR);
  const two = await access.keys.create({ environment, kind: 'test', name: 'two' }, ACTOR);
  await assert.rejects(access.signIn({ apiKey: two.key.id, secret: one.secret }, ACTOR), {
    code: 'INVALID_CREDENTIALS',
  });
  const refused = (await acts(environment)).filter(({ action }) => action === 'auth.refused');
  assert.deepEqual(
    refused.map(({ resource }) => resource),
    [`key:${one.key.id}`],
  );
});
