// A key is shown once, kept as a digest, works where its kind belongs and nowhere else, and each act has its entry.
// K1 K3 Q3 L2 K23; traps "Store keys as HMAC-SHA-256 under a versioned pepper", "The entry and the act commit together".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import type { KeyKind } from '#access';
import { type AuditPort, Fault, newId, openSecret, openSecretText, Secret, toHex } from '#base';
import type { EnvironmentKind } from '#environments';
import { statement } from '#store';
import { ACTOR, type Installation, withAccess } from './access.fixture.ts';
import { newCredentialText } from './credential-text.ts';

const FITTING: Readonly<Record<EnvironmentKind, readonly KeyKind[]>> = {
  development: ['test', 'admin'],
  staging: ['test', 'admin'],
  production: ['live', 'admin'],
};
const KINDS: readonly KeyKind[] = ['test', 'live', 'admin'];
const bearer = (secret: Secret): string => `Bearer ${openSecretText(secret)}`;
const keyRows = statement(
  'test.api_keys',
  `select k.name, k.revoked_at, s.* from api_keys k join key_secrets s on s.key_id = k.id order by k.created_at`,
  (row) => row,
);

for (const kind of ['development', 'staging', 'production'] as const) {
  test(`K3 Q3 in ${kind} keys are ${FITTING[kind].join(' and ')}, and each works on its surface only`, async (t) => {
    const { access, environments, acts } = await withAccess(t);
    const { id: environment } = environments[kind];
    for (const name of KINDS) {
      const making = access.keys.create({ environment, kind: name, name: `a ${name.length}` }, ACTOR);
      if (!FITTING[kind].includes(name)) {
        await assert.rejects(making, { code: 'WRONG_KEY_KIND' });
        continue;
      }
      const { key, secret } = await making;
      const at = (surface: 'runtime' | 'admin') =>
        access.authenticate({ authorization: bearer(secret), surface, actor: ACTOR });
      const right = name === 'admin' ? 'admin' : 'runtime';
      const principal = {
        environment,
        environmentKind: kind,
        key: key.id,
        kind: name,
        via: 'key',
        scopes: [],
        boundTo: null,
        requestsPerMinute: null,
      };
      assert.deepEqual(await at(right), principal);
      await assert.rejects(at(right === 'admin' ? 'runtime' : 'admin'), { code: 'WRONG_KEY_KIND' });
      const entries = (await acts(environment)).filter(({ resource }) => resource === `key:${key.id}`);
      assert.deepEqual(
        entries.map(({ action }) => action),
        ['key.created', 'auth.refused'],
      );
      assert.match(entries[1]?.text ?? '', /WRONG_KEY_KIND/);
    }
  });
}

test('K3 a key whose kind does not fit its environment is refused in use as well', async (t) => {
  const { access, environments, url } = await withAccess(t);
  const { id: environment } = environments.production;
  const { secret, key } = await access.keys.create({ environment, kind: 'live', name: 'live' }, ACTOR);
  await withClient(url, async (client) => {
    await client.query(`select set_config('sallyport.environment', $1, false)`, [environment]);
    await client.query('alter table sallyport.api_keys no force row level security');
    await client.query(`update sallyport.api_keys set kind = 'test' where id = $1`, [key.id]);
  });
  await assert.rejects(
    access.authenticate({ authorization: bearer(secret), surface: 'runtime', actor: ACTOR }),
    {
      code: 'WRONG_KEY_KIND',
    },
  );
});

test('K1 the table holds a digest under the pepper; neither key nor token is anywhere in it or in the log', async (t) => {
  const { access, environments, store, keyring, url, acts } = await withAccess(t);
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  const { token } = await access.signIn({ apiKey: key.id, secret }, ACTOR);
  const pepper = await keyring.pepper();
  const [row] = await store.transaction(environment, (tx) => tx.rows(keyRows, []));
  const { digest, pepper_version: version } = Object(row) as { digest: Buffer; pepper_version: number };
  assert.equal(toHex(digest), toHex(pepper.digest(version, openSecret(secret))));
  const tables = await withClient(url, async (client) => {
    await client.query('alter table sallyport.api_keys no force row level security');
    await client.query('alter table sallyport.key_secrets no force row level security');
    await client.query('alter table sallyport.bearer_tokens no force row level security');
    const both = `select k::text || s::text as a, t::text as b from sallyport.api_keys k
      join sallyport.key_secrets s on s.key_id = k.id join sallyport.bearer_tokens t on t.key_id = k.id`;
    return (await client.query<{ a: string; b: string }>(both)).rows;
  });
  assert.equal(tables.length, 1);
  const log = (await acts(environment)).map(({ text }) => text).join('\n');
  for (const hidden of [secret, token]) {
    const text = openSecretText(hidden);
    for (const form of [text, text.slice(-38), text.slice(-38, -6), toHex(openSecret(hidden)), btoa(text)]) {
      assert.ok(!JSON.stringify(tables).includes(form), 'in the table');
      assert.ok(!log.includes(form), 'in the log');
    }
  }
  assert.equal(JSON.stringify({ secret, token }), '{"secret":"[secret]","token":"[secret]"}');
});

test('U4 listing shows every key once, newest first, and never its secret', async (t) => {
  const { access, environments } = await withAccess(t);
  const { id: environment } = environments.development;
  const made: string[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    made.unshift((await access.keys.create({ environment, kind: 'test', name }, ACTOR)).key.id);
  await access.keys.create({ environment: environments.staging.id, kind: 'test', name: 'other' }, ACTOR);
  const listed: string[] = [];
  let after: string | undefined;
  do {
    const page = await access.keys.list({ environment, limit: 2, after });
    assert.ok(page.items.length <= 2);
    for (const item of page.items)
      assert.ok(Object.keys(item).every((name) => !/secret|digest|pepper/i.test(name)));
    listed.push(...page.items.map(({ id }) => id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  assert.deepEqual(listed.toSorted(), made.toSorted());
});

test('a name is taken while its key is in force, also when two take it at once', async (t) => {
  const { access, environments } = await withAccess(t);
  const { id: environment } = environments.development;
  const make = () => access.keys.create({ environment, kind: 'test', name: 'same' }, ACTOR);
  const results = await Promise.allSettled([make(), make(), make()]);
  const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  assert.equal(failed.length, 2);
  for (const fault of failed) assert.ok(fault instanceof Fault && fault.code === 'CONFLICT');
  const [won] = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.key] : []));
  await access.keys.revoke({ environment, key: won?.id ?? assert.fail() }, ACTOR);
  assert.equal((await make()).key.name, 'same');
  for (const name of ['', ' a', '-a', 'a'.repeat(64), 'a\nb', 'ä', '<a>'])
    await assert.rejects(access.keys.create({ environment, kind: 'test', name }, ACTOR), {
      code: 'INVALID_REQUEST',
    });
});

test('K23 L2 each act leaves its entry: made, signed in, revoked once', async (t) => {
  const { access, environments, acts } = await withAccess(t);
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  await access.signIn({ apiKey: key.id, secret }, ACTOR);
  const revoked = await access.keys.revoke({ environment, key: key.id }, ACTOR);
  assert.deepEqual(await access.keys.revoke({ environment, key: key.id }, ACTOR), revoked);
  const mine = (await acts(environment)).filter(({ resource }) => resource === `key:${key.id}`);
  assert.deepEqual(
    mine.map(({ action }) => action),
    ['key.created', 'token.issued', 'key.revoked'],
  );
  assert.match(mine[2]?.text ?? '', /"tokens":1/);
  for (const { text } of mine) assert.match(text, /192\.0\.2\.7/);
});

test('K23 without its entry no act happens, and without the act no entry stays', async (t) => {
  const installation = await withAccess(t);
  const { environments, access } = installation;
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'kept' }, ACTOR);
  const before = await stateOf(installation);
  // The entry is written, then the transaction fails: both must be gone.
  const failing = await installation.node({
    audit: (real): AuditPort => ({
      note: real.note,
      record: async (...args) => {
        await real.record(...args);
        throw new Fault('AUDIT_UNAVAILABLE');
      },
    }),
  });
  const refusal = { code: 'AUDIT_UNAVAILABLE' };
  await assert.rejects(
    failing.access.keys.create({ environment, kind: 'test', name: 'lost' }, ACTOR),
    refusal,
  );
  await assert.rejects(failing.access.keys.revoke({ environment, key: key.id }, ACTOR), refusal);
  await assert.rejects(failing.access.signIn({ apiKey: key.id, secret }, ACTOR), refusal);
  assert.deepEqual(await stateOf(installation), before);
  // Nor does the failing node itself believe in a revocation that did not happen.
  const call = { authorization: bearer(secret), surface: 'runtime', actor: ACTOR } as const;
  assert.equal((await failing.access.authenticate(call)).key, key.id);
});

test('K3 a key of another environment is not there to be revoked', async (t) => {
  const { access, environments } = await withAccess(t);
  const { key, secret } = await access.keys.create(
    { environment: environments.development.id, kind: 'test', name: 'a' },
    ACTOR,
  );
  const elsewhere = { environment: environments.staging.id, key: key.id };
  await assert.rejects(access.keys.revoke(elsewhere, ACTOR), { code: 'KEY_NOT_FOUND' });
  const unknown = {
    environment: environments.development.id,
    key: newId('key', { now: Date.now, monotonic: Date.now }),
  };
  await assert.rejects(access.keys.revoke(unknown, ACTOR), { code: 'KEY_NOT_FOUND' });
  const call = { authorization: bearer(secret), surface: 'runtime', actor: ACTOR } as const;
  assert.equal((await access.authenticate(call)).environment, environments.development.id);
});

test('rubbish never reaches the store: the database is away and the answer is the same', async (t) => {
  const { access, store } = await withAccess(t);
  await store.close();
  const call = (authorization: string | undefined) =>
    access.authenticate({ authorization, surface: 'runtime', actor: ACTOR });
  const text = newCredentialText('test');
  for (const none of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic dXNlcjpwYXNz',
    `Bearer ${text} `,
    `Bearer ${text} x`,
    text,
  ])
    await assert.rejects(call(none), { code: 'UNAUTHENTICATED' }, String(none));
  await assert.rejects(call(`Bearer ${'a'.repeat(201)}`), { code: 'UNAUTHENTICATED' });
  for (const wrong of ['x', text.slice(1), `${text}0`, text.replace('sk_test', 'sk_live')])
    await assert.rejects(call(`Bearer ${wrong}`), { code: 'KEY_MALFORMED' });
  const signIn = access.signIn(
    { apiKey: newId('key', { now: Date.now, monotonic: Date.now }), secret: Secret.fromText('x') },
    ACTOR,
  );
  await assert.rejects(signIn, { code: 'INVALID_CREDENTIALS' });
  await assert.rejects(call(`Bearer ${text}`), (thrown) => thrown instanceof Fault && thrown.status === 503);
});

async function stateOf({ store, environments, acts }: Installation): Promise<unknown> {
  const { id } = environments.development;
  const rows = await store.transaction(id, (tx) => tx.rows(keyRows, []));
  const log = (await acts(id)).filter(({ action }) => action !== 'auth.refused').map(({ text }) => text);
  return { rows, log };
}

async function withClient<T>(url: Secret, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(openSecretText(url));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
