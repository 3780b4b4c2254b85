// A revoked key lets nobody in: here at once, on every other node within changesSilentMs, its tokens included, whatever races.
// Q16 K24 L3; traps "Revocation races with a cache fill", "Never serve authentication from a stale entry".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Fault, limitsWith, openSecretText, type Secret } from '#base';
import { type Store, statement } from '#store';
import { withBreakableLine } from '#test/breakable-line';
import { ACTOR, stillClock, withAccess } from './access.fixture.ts';
import { createHolders } from './holders.ts';

const tokenRows = statement('test.revoked_tokens', 'select id from bearer_tokens', (row) => row);
const SILENT_MS = 900;

function codeOf(thrown: unknown): string | null {
  return thrown instanceof Fault ? thrown.code : null;
}

function presenting(secret: Secret) {
  return { authorization: `Bearer ${openSecretText(secret)}`, surface: 'runtime', actor: ACTOR } as const;
}

test('Q16 in force at once where it happened, and elsewhere as soon as the feed tells, tokens included', async (t) => {
  const { access, environments, node } = await withAccess(t);
  const other = await node();
  await other.listening();
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  const { token } = await access.signIn({ apiKey: key.id, secret }, ACTOR);
  for (const one of [access, other.access])
    for (const credential of [secret, token])
      assert.equal((await one.authenticate(presenting(credential))).key, key.id);
  await access.keys.revoke({ environment, key: key.id }, ACTOR);
  await assert.rejects(access.authenticate(presenting(secret)), { code: 'KEY_REVOKED' });
  // Its tokens went with it.
  await assert.rejects(access.authenticate(presenting(token)), { code: 'KEY_REVOKED' });
  await other.heard(key.id);
  await assert.rejects(other.access.authenticate(presenting(secret)), { code: 'KEY_REVOKED' });
  await assert.rejects(other.access.authenticate(presenting(token)), { code: 'KEY_REVOKED' });
});

test('Q16 with the feed cut another node trusts what it remembers for changesSilentMs, then asks the database', async (t) => {
  const { access, environments, node, url } = await withAccess(t);
  const line = await withBreakableLine(t, url);
  const clock = stillClock();
  const other = await node({ url: line.url, clock });
  await other.listening();
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  assert.equal((await other.access.authenticate(presenting(secret))).key, key.id);
  line.cut('sallyport_changes'); // the connection that listens, and no other
  await access.keys.revoke({ environment, key: key.id }, ACTOR);
  assert.equal((await other.access.authenticate(presenting(secret))).key, key.id, 'it is remembered');
  clock.forward(SILENT_MS);
  await assert.rejects(other.access.authenticate(presenting(secret)), { code: 'KEY_REVOKED' });
});

test('Q16 when the database is away nobody is let in from memory past its time', async (t) => {
  const { environments, node } = await withAccess(t);
  const clock = stillClock();
  const { access, store, listening } = await node({ clock });
  await listening();
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  assert.equal((await access.authenticate(presenting(secret))).key, key.id);
  await store.close();
  assert.equal((await access.authenticate(presenting(secret))).key, key.id, 'it is remembered');
  clock.forward(SILENT_MS);
  await assert.rejects(access.authenticate(presenting(secret)), { code: 'STORE_UNAVAILABLE' });
});

test('Q16 no answer that was under way during a revocation lets a later request in', async (t) => {
  const { access, environments } = await withAccess(t);
  const { id: environment } = environments.development;
  for (let round = 0; round < 20; round++) {
    const { key, secret } = await access.keys.create({ environment, kind: 'test', name: `r${round}` }, ACTOR);
    const early = Array.from({ length: 4 }, () => access.authenticate(presenting(secret)).catch(() => null));
    for (let turns = 0; turns < round; turns++) await turn();
    await access.keys.revoke({ environment, key: key.id }, ACTOR);
    await assert.rejects(access.authenticate(presenting(secret)), { code: 'KEY_REVOKED' });
    await Promise.all(early);
    await assert.rejects(access.authenticate(presenting(secret)), { code: 'KEY_REVOKED' });
  }
});

test('Q16 an answer from before a change that arrives after it is not remembered, whether the change was made here or heard of', async (t) => {
  const { access, environments, keyring, store, clock, listening } = await withAccess(t);
  await listening();
  const { id: environment } = environments.development;
  for (const how of ['made here', 'heard of'] as const) {
    const { key, secret } = await access.keys.create({ environment, kind: 'test', name: how }, ACTOR);
    const late = Promise.withResolvers<void>();
    const read = Promise.withResolvers<void>();
    let isHeld = true;
    const slow: Store = {
      ...store,
      system: async (work) => {
        const answer = await store.system(work);
        if (!isHeld) return answer;
        read.resolve();
        await late.promise;
        return answer;
      },
    };
    const ports = { store: slow, keyring, limits: limitsWith(), clock, signersOf: async () => [] };
    const holders = createHolders(ports);
    const early = holders.find(openSecretText(secret));
    await read.promise; // the database has answered, and the answer is on its way
    const told = Promise.withResolvers<void>();
    store.changes.follow((subject) => void (subject === `key:${key.id}` && told.resolve()));
    await access.keys.revoke({ environment, key: key.id }, ACTOR);
    if (how === 'made here') holders.changed(key.id);
    else await told.promise;
    isHeld = false;
    late.resolve();
    assert.equal((await early).holder?.revoked_at, null);
    assert.notEqual((await holders.find(openSecretText(secret))).holder?.revoked_at, null);
    holders.stop();
  }
});

test('Q16 a token is never issued to a key that another node has revoked, remembered or not', async (t) => {
  const { access, environments, node, store } = await withAccess(t);
  const other = await node();
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  await access.authenticate(presenting(secret)); // remembered as in force
  await other.access.keys.revoke({ environment, key: key.id }, ACTOR);
  await assert.rejects(access.signIn({ apiKey: key.id, secret }, ACTOR), { code: 'KEY_REVOKED' });
  assert.deepEqual(await store.transaction(environment, (tx) => tx.rows(tokenRows, [])), []);
  for (let round = 0; round < 10; round++) {
    const raced = await access.keys.create({ environment, kind: 'test', name: `r${round}` }, ACTOR);
    const credential = { apiKey: raced.key.id, secret: raced.secret };
    const [early, , late] = await Promise.allSettled([
      access.signIn(credential, ACTOR),
      other.access.keys.revoke({ environment, key: raced.key.id }, ACTOR),
      access.signIn(credential, ACTOR),
    ]);
    // Whichever came first: a token made before the revocation ended with it, and none was made after it.
    for (const attempt of [early, late])
      if (attempt.status === 'rejected') assert.equal(codeOf(attempt.reason), 'KEY_REVOKED');
      else
        for (const one of [access, other.access])
          await assert.rejects(one.authenticate(presenting(attempt.value.token)), { code: 'KEY_REVOKED' });
  }
});
