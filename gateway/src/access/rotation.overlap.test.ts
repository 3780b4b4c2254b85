// A new secret works at once, the old one until its time; who still uses the old one is counted and named, and ending it
// while it is in use takes force. U10 Q10 L2 K2 K4; trap "a lost answer isn't a lost secret".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, openSecretText, type Secret } from '#base';
import { ACTOR, withAccess } from './access.fixture.ts';

const DAY_MS = 86_400_000;

async function setUp(t: Parameters<typeof withAccess>[0]) {
  const installation = await withAccess(t);
  const { access, environments } = installation;
  const { id: environment } = environments.development;
  const { key, secret } = await access.keys.create({ environment, kind: 'test', name: 'a' }, ACTOR);
  const use = (one: Secret, agent = 'app') =>
    access.authenticate({
      authorization: `Bearer ${openSecretText(one)}`,
      surface: 'runtime',
      actor: { ...ACTOR, agent },
    });
  return { ...installation, environment, key: key.id, secret, use };
}

test('U10 both secrets work in the overlap, the old one ends with it, and so do its bearer tokens', async (t) => {
  const { access, environment, key, secret, use, clock, acts } = await setUp(t);
  const { token } = await access.signIn({ apiKey: key, secret }, ACTOR);
  const made = await access.rotation.rotate({ environment, key, overlapSeconds: 600 }, ACTOR);
  for (const one of [secret, made.secret, token]) await use(one);
  const [newest, oldest] = await access.keys.secrets({ environment, key });
  assert.deepEqual([newest?.id, newest?.retiresAtMs], [made.id, null]);
  assert.equal(oldest?.retiresAtMs, made.previousRetireAtMs);
  clock.forward(600_000);
  for (const one of [secret, token]) await assert.rejects(use(one), { code: 'KEY_RETIRED' });
  await use(made.secret);
  const entry = (await acts(environment)).find(({ action }) => action === 'key.rotated');
  assert.match(entry?.text ?? '', new RegExp(made.id));
  assert.doesNotMatch(entry?.text ?? '', /sk_test/);
});

test('U10 the callers of the old secret are named, and ending it in use takes force', async (t) => {
  const { access, environment, key, secret, use, clock, acts } = await setUp(t);
  const [old] = await access.keys.secrets({ environment, key });
  const made = await access.rotation.rotate({ environment, key }, ACTOR);
  await use(secret, 'late-service/1.2');
  await use(secret, 'late-service/1.2');
  await use(made.secret, 'new-service/2.0');
  const target = { environment, key, secret: old?.id ?? assert.fail() };
  await assert.rejects(access.rotation.retire(target, ACTOR), (thrown) => {
    assert.ok(thrown instanceof Fault);
    assert.equal(thrown.code, 'SECRET_IN_USE');
    assert.match(thrown.detail, /1 caller\(s\): 192\.0\.2\.7 \(late-service\/1\.2\)/);
    return true;
  });
  await use(secret);
  await access.rotation.retire({ ...target, force: true }, ACTOR);
  await assert.rejects(use(secret), { code: 'KEY_RETIRED' });
  await assert.rejects(access.rotation.retire({ ...target, force: true }, ACTOR), {
    code: 'SECRET_NOT_FOUND',
  });
  await assert.rejects(access.rotation.retire({ environment, key, secret: made.id, force: true }, ACTOR), {
    code: 'CONFLICT',
  });
  assert.ok((await acts(environment)).some(({ action }) => action === 'key.secret_retired'));
  // One that was not used for long ends without.
  const next = await access.rotation.rotate({ environment, key, overlapSeconds: 7 * 86_400 }, ACTOR);
  clock.forward(2 * DAY_MS);
  await use(next.secret);
  await access.rotation.retire({ environment, key, secret: made.id }, ACTOR);
});

test('K4 a lost answer is not a lost secret: the same request gets the same answer for a while, also at once', async (t) => {
  const { access, environment, key, clock, use } = await setUp(t);
  const rotate = (requestKey: string) => access.rotation.rotate({ environment, key, requestKey }, ACTOR);
  const answers = await Promise.all([rotate('request-1'), rotate('request-1'), rotate('request-1')]);
  const texts = new Set(answers.map(({ secret }) => openSecretText(secret)));
  assert.equal(texts.size, 1);
  assert.equal((await access.keys.secrets({ environment, key })).length, 2);
  const [first] = answers;
  await use(first?.secret ?? assert.fail());
  const other = await rotate('request-2');
  assert.ok(!texts.has(openSecretText(other.secret)));
  clock.forward(600_001);
  const again = await rotate('request-1');
  assert.ok(!texts.has(openSecretText(again.secret)), 'after its time it is a new request');
  assert.equal(await access.sweep(), 1);
  for (const wrong of ['short', 'x'.repeat(201), 'with space'])
    await assert.rejects(rotate(wrong), { code: 'INVALID_REQUEST' });
  const tooShort = access.rotation.rotate(
    { environment, key, requestKey: 'request-3', overlapSeconds: 0 },
    ACTOR,
  );
  await assert.rejects(tooShort, { code: 'INVALID_REQUEST' });
});

test('at most four secrets of a key are in force, an overlap has its bounds, a revoked key is not rotated', async (t) => {
  const { access, environment, key } = await setUp(t);
  for (let at = 0; at < 3; at++) await access.rotation.rotate({ environment, key }, ACTOR);
  await assert.rejects(access.rotation.rotate({ environment, key }, ACTOR), { code: 'CONFLICT' });
  for (const overlapSeconds of [-1, 1.5, 1e9, Number.NaN])
    await assert.rejects(access.rotation.rotate({ environment, key, overlapSeconds }, ACTOR), {
      code: 'INVALID_REQUEST',
    });
  await access.keys.revoke({ environment, key }, ACTOR);
  await assert.rejects(access.rotation.rotate({ environment, key }, ACTOR), { code: 'CONFLICT' });
});

test('K23 without its entry no rotation happens', async (t) => {
  const { environment, key, node, access } = await setUp(t);
  const failing = await node({
    audit: (real) => ({
      note: real.note,
      record: async (...args) => {
        await real.record(...args);
        throw new Fault('AUDIT_UNAVAILABLE');
      },
    }),
  });
  const refused = failing.access.rotation.rotate({ environment, key, requestKey: 'request-1' }, ACTOR);
  await assert.rejects(refused, { code: 'AUDIT_UNAVAILABLE' });
  assert.equal((await access.keys.secrets({ environment, key })).length, 1);
});
