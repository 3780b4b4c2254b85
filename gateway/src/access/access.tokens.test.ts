// A bearer token lives one hour at most, never longer than its key, and is given for a key and its secret only.
// K10 K11 Q3 U14; trap "Never serve authentication from a stale entry".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS, newId, openSecretText, Secret, systemClock } from '#base';
import { statement } from '#store';
import { ACTOR, withAccess } from './access.fixture.ts';
import { newCredentialText, parseCredentialText } from './credential-text.ts';

const tokenRows = statement('test.bearer_tokens', 'select * from bearer_tokens', (row) => row);
const HOUR_MS = 3_600_000;

test('K10 the default life is one hour, and a token is good until then and refused from then on', async (t) => {
  const { access, environments, clock, store } = await withAccess(t);
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  assert.equal(LIMITS.bearerLifeSeconds.value, 3_600);
  const { token, expiresInSeconds } = await access.signIn({ apiKey: key.id, secret }, ACTOR);
  assert.equal(expiresInSeconds, 3_600);
  assert.equal(parseCredentialText(openSecretText(token)), 'bearer');
  const call = {
    authorization: `Bearer ${openSecretText(token)}`,
    surface: 'runtime',
    actor: ACTOR,
  } as const;
  const principal = {
    environment,
    environmentKind: 'development',
    key: key.id,
    kind: 'test',
    via: 'bearer',
    scopes: [],
    boundTo: null,
    requestsPerMinute: null,
  };
  assert.deepEqual(await access.authenticate(call), principal);
  await assert.rejects(access.authenticate({ ...call, surface: 'admin' }), { code: 'WRONG_KEY_KIND' });
  clock.forward(HOUR_MS - 30_000);
  assert.deepEqual(await access.authenticate(call), principal);
  // Remembered a moment ago, expired now: memory does not lengthen its life.
  clock.forward(30_000);
  await assert.rejects(access.authenticate(call), { code: 'TOKEN_EXPIRED' });
  assert.equal(await access.sweep(), 1);
  assert.deepEqual(await store.transaction(environment, (tx) => tx.rows(tokenRows, [])), []);
  clock.forward(1_000);
  await assert.rejects(access.authenticate(call), { code: 'UNAUTHENTICATED' });
  // The key outlives its tokens.
  assert.ok((await access.signIn({ apiKey: key.id, secret }, ACTOR)).token);
});

test('K10 sweeping takes the expired of every environment and leaves the others', async (t) => {
  const { access, environments, clock } = await withAccess(t);
  const owners = [];
  for (const { id: environment } of [environments.development, environments.staging])
    owners.push(await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR));
  for (const { key, secret } of owners) await access.signIn({ apiKey: key.id, secret }, ACTOR);
  clock.forward(HOUR_MS / 2);
  const kept = await access.signIn(
    { apiKey: owners[0]?.key.id ?? 'key_', secret: owners[0]?.secret ?? assert.fail() },
    ACTOR,
  );
  assert.equal(await access.sweep(), 0);
  clock.forward(HOUR_MS / 2 + 1_000);
  assert.equal(await access.sweep(), 2);
  const authorization = `Bearer ${openSecretText(kept.token)}`;
  assert.equal(
    (await access.authenticate({ authorization, surface: 'runtime', actor: ACTOR })).via,
    'bearer',
  );
});

test('Q3 signing in takes a key id and the secret of that very key, neither revoked nor of another kind', async (t) => {
  const { access, environments } = await withAccess(t);
  const { id: environment } = environments.development;
  const one = await access.keys.create({ environment, kind: 'test', name: 'one' }, ACTOR);
  const two = await access.keys.create({ environment, kind: 'test', name: 'two' }, ACTOR);
  const admin = await access.keys.create({ environment, kind: 'admin', name: 'admin' }, ACTOR);
  const { token } = await access.signIn({ apiKey: one.key.id, secret: one.secret }, ACTOR);
  const wrong = { code: 'INVALID_CREDENTIALS' };
  const signIn = (apiKey: `key_${string}`, secret: Secret) => access.signIn({ apiKey, secret }, ACTOR);
  await assert.rejects(signIn(two.key.id, one.secret), wrong);
  await assert.rejects(signIn(newId('key', systemClock), one.secret), wrong);
  await assert.rejects(signIn(one.key.id, token), wrong); // a token is no secret of a key
  await assert.rejects(signIn(one.key.id, Secret.fromText(newCredentialText('test'))), wrong);
  for (const text of ['', 'x', 'é'.repeat(100), '\ud800', 'a'.repeat(100_000)])
    await assert.rejects(signIn(one.key.id, Secret.fromText(text)), wrong);
  await assert.rejects(signIn(admin.key.id, admin.secret), { code: 'WRONG_KEY_KIND' });
  await access.keys.revoke({ environment, key: two.key.id }, ACTOR);
  await assert.rejects(signIn(two.key.id, two.secret), { code: 'KEY_REVOKED' });
});
