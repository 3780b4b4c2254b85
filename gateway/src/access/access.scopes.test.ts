// A key may do what it was given and nothing else: a new one nothing, a bound one on its object, nobody gives what they lack.
// P2 L3 Q3 Q19 U1 K14 U7; invariant "Every failure fails closed".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Binding,
  type KeySettings,
  type Principal,
  SCOPE_NAMES,
  SCOPES,
  type Scope,
  scopesOf,
} from '#access';
import { newId, openSecretText, type Secret, systemClock } from '#base';
import { ACTOR, type Installation, withAccess } from './access.fixture.ts';

const connection = newId('connection', systemClock);
const other = newId('connection', systemClock);

async function keyWith(
  installation: Installation,
  settings: Partial<KeySettings>,
  kind: 'test' | 'admin' = 'test',
) {
  const { access, environments } = installation;
  const { id: environment } = environments.development;
  const name = `k ${Math.abs(Number.parseInt(newId('request', systemClock).slice(-8), 36))}`;
  const made = await access.keys.create({ environment, kind, name, ...settings }, ACTOR);
  return { environment, ...made };
}

function present(
  { access }: Installation,
  secret: Secret,
  more: { origin?: string; address?: string | null; surface?: 'runtime' | 'admin' } = {},
): Promise<Principal> {
  const { origin, address = ACTOR.address, surface = 'runtime' } = more;
  const authorization = `Bearer ${openSecretText(secret)}`;
  return access.authenticate({ authorization, origin, surface, actor: { ...ACTOR, address } });
}

test('P2 a new key can do nothing, and what it may do is exactly what it was given', async (t) => {
  const installation = await withAccess(t);
  const { access } = installation;
  const bare = await present(installation, (await keyWith(installation, {})).secret);
  assert.deepEqual(bare.scopes, []);
  for (const kind of ['test', 'admin'] as const) {
    for (const given of [[], scopesOf(kind).slice(0, 1), scopesOf(kind)]) {
      const { secret } = await keyWith(installation, { scopes: given }, kind);
      const principal = await present(installation, secret, {
        surface: kind === 'admin' ? 'admin' : 'runtime',
      });
      for (const scope of SCOPE_NAMES) {
        const asking = access.authorize(principal, { scope, actor: ACTOR });
        if (given.includes(scope)) await asking;
        else await assert.rejects(asking, { code: 'SCOPE_MISSING' });
      }
    }
  }
});

test('P2 a scope of the other kind of key is refused when it is given, and so is one that there is not', async (t) => {
  const installation = await withAccess(t);
  for (const kind of ['test', 'admin'] as const) {
    for (const scope of SCOPE_NAMES) {
      const making = keyWith(installation, { scopes: [scope] }, kind);
      if ((SCOPES[scope].surface === 'admin') === (kind === 'admin')) await making;
      else await assert.rejects(making, { code: 'INVALID_REQUEST' });
    }
  }
  for (const scopes of [['constructor'], ['keys:read', 'keys:read'], ['']])
    await assert.rejects(keyWith(installation, { scopes: scopes as Scope[] }, 'admin'), {
      code: 'INVALID_REQUEST',
    });
});

test('L3 a bound key acts on its object and on nothing else, also where no object is named', async (t) => {
  const installation = await withAccess(t);
  const { access } = installation;
  const boundTo: Binding = { kind: 'connection', id: connection };
  const { secret } = await keyWith(installation, { scopes: scopesOf('test'), boundTo });
  const principal = await present(installation, secret);
  const may = (on?: Binding) => access.authorize(principal, { scope: 'calls:send', on, actor: ACTOR });
  await may(boundTo);
  for (const on of [
    { kind: 'connection', id: other },
    { kind: 'destination', id: connection },
    undefined,
  ] as const)
    await assert.rejects(may(on), { code: 'KEY_BOUND_ELSEWHERE' });
  await access.authorize(principal, { scope: 'secret:rotate', actor: ACTOR }); // its own secret is its own
});

test('Q19 nobody gives an administration key what they do not have themselves; application scopes are theirs to give', async (t) => {
  const { access, environments } = await withAccess(t);
  const { id: environment } = environments.development;
  const giver = { key: newId('key', systemClock), scopes: ['keys:write', 'audit:read'] } as const;
  const create = (kind: 'admin' | 'test', scopes: readonly Scope[]) =>
    access.keys.create({ environment, kind, name: `${kind} ${scopes.length}`, scopes }, ACTOR, giver);
  await assert.rejects(create('admin', ['events:reveal']), { code: 'SCOPE_NOT_HELD' });
  await assert.rejects(create('admin', scopesOf('admin')), { code: 'SCOPE_NOT_HELD' });
  const { key } = await create('admin', ['audit:read']);
  await create('test', scopesOf('test'));
  const widen = access.keys.change(
    { environment, key: key.id, settings: { scopes: ['events:reveal'] } },
    ACTOR,
    giver,
  );
  await assert.rejects(widen, { code: 'SCOPE_NOT_HELD' });
  assert.deepEqual((await access.keys.get({ environment, key: key.id })).scopes, ['audit:read']);
});

test('Q19 nobody becomes a stronger administration key by a new secret, signer or setting for it; ending it is allowed', async (t) => {
  const { access, environments } = await withAccess(t);
  const { id: environment } = environments.development;
  const scopes = scopesOf('admin');
  const { key } = await access.keys.create({ environment, kind: 'admin', name: 'strong', scopes }, ACTOR);
  const target = { environment, key: key.id };
  const giver = { key: newId('key', systemClock), scopes: ['keys:read', 'keys:write'] } as const;
  const lacking = { code: 'SCOPE_NOT_HELD' };
  await assert.rejects(access.rotation.rotate(target, ACTOR, giver), lacking);
  const signer = { ...target, scheme: 'mintmove', algorithm: 'hmac-sha256' } as const;
  await assert.rejects(access.signers.add(signer, ACTOR, giver), lacking);
  const settings = { allowedOrigins: ['https://evil.example'] };
  await assert.rejects(access.keys.change({ ...target, settings }, ACTOR, giver), lacking);
  assert.equal((await access.keys.secrets(target)).length, 1);
  assert.notEqual((await access.keys.revoke(target, ACTOR)).revokedAtMs, null);
});

test('K14 U7 a key works from its addresses only, IPv4 and IPv6, and the refusal says nothing of them', async (t) => {
  const installation = await withAccess(t);
  const { secret } = await keyWith(installation, { allowedAddresses: ['192.0.2.0/24', '2001:db8::/32'] });
  for (const address of ['192.0.2.7', '192.0.2.255', '2001:db8:ffff::1'])
    await present(installation, secret, { address });
  for (const address of ['192.0.3.1', '2001:db9::1', '::ffff:192.0.3.1', null])
    await assert.rejects(present(installation, secret, { address }), (thrown: Error & { code?: string }) => {
      assert.equal(thrown.code, 'ADDRESS_REFUSED');
      assert.doesNotMatch(thrown.message, /192|2001/);
      return true;
    });
});

test('U1 a browser may present a key only from an origin that is allowed', async (t) => {
  const installation = await withAccess(t);
  const { secret } = await keyWith(installation, {});
  for (const origin of ['https://shop.example', 'null', ''])
    await assert.rejects(present(installation, secret, { origin }), { code: 'ORIGIN_REFUSED' });
  const open = await keyWith(installation, { allowedOrigins: ['https://shop.example'] });
  await present(installation, open.secret, { origin: 'https://shop.example' });
  for (const origin of ['http://shop.example', 'https://shop.example.evil', 'https://shop.example:444'])
    await assert.rejects(present(installation, open.secret, { origin }), { code: 'ORIGIN_REFUSED' });
});

test('L3 a key ends at its time, remembered or not; U8 one for signed requests is not enough by itself', async (t) => {
  const installation = await withAccess(t);
  const { clock, access } = installation;
  const expiresAtMs = clock.now() + 60_000;
  const { secret, key } = await keyWith(installation, { expiresAtMs });
  await present(installation, secret);
  clock.forward(60_000);
  await assert.rejects(present(installation, secret), { code: 'KEY_EXPIRED' });
  await assert.rejects(access.signIn({ apiKey: key.id, secret }, ACTOR), { code: 'KEY_EXPIRED' });
  const signed = await keyWith(installation, { signedOnly: true });
  await assert.rejects(present(installation, signed.secret), { code: 'SIGNATURE_REQUIRED' });
  await assert.rejects(access.signIn({ apiKey: signed.key.id, secret: signed.secret }, ACTOR), {
    code: 'SIGNATURE_REQUIRED',
  });
});

test('a change is in force at once here and, once heard, elsewhere; with its entry or not at all', async (t) => {
  const installation = await withAccess(t);
  const { access, node, acts } = installation;
  const there = await node();
  await there.listening(); // a feed first heard after the change tells of everything, and of no key
  const { secret, key, environment } = await keyWith(installation, { note: 'first' });
  await there.access.authenticate({
    authorization: `Bearer ${openSecretText(secret)}`,
    surface: 'runtime',
    actor: ACTOR,
  });
  const settings = { scopes: ['calls:send'], allowedAddresses: ['192.0.2.7'], owner: 'payments' } as const;
  const changed = await access.keys.change({ environment, key: key.id, settings }, ACTOR);
  assert.deepEqual([changed.scopes, changed.owner, changed.note], [['calls:send'], 'payments', 'first']);
  assert.deepEqual((await present(installation, secret)).scopes, ['calls:send']);
  await there.heard(key.id);
  const seen = await there.access.authenticate({
    authorization: `Bearer ${openSecretText(secret)}`,
    surface: 'runtime',
    actor: ACTOR,
  });
  assert.deepEqual(seen.scopes, ['calls:send']);
  const entry = (await acts(environment)).find(({ action }) => action === 'key.changed');
  assert.match(entry?.text ?? '', /"scopes":\["calls:send"\]/);
  assert.doesNotMatch(entry?.text ?? '', /payments/, "nobody's words are in the log");
});

test('K14 a change that would lock out the one who asks for it takes force', async (t) => {
  const installation = await withAccess(t);
  const { access } = installation;
  const { key, environment } = await keyWith(installation, { scopes: scopesOf('admin') }, 'admin');
  const giver = { key: key.id, scopes: scopesOf('admin') };
  const change = (settings: Partial<KeySettings>, force = false) =>
    access.keys.change({ environment, key: key.id, settings, force }, ACTOR, giver);
  await assert.rejects(change({ allowedAddresses: ['198.51.100.0/24'] }), { code: 'LOCKS_OUT_CALLER' });
  await assert.rejects(change({ scopes: ['keys:read'] }), { code: 'LOCKS_OUT_CALLER' });
  await change({ allowedAddresses: ['192.0.2.0/24'] });
  assert.deepEqual((await change({ scopes: ['keys:read'] }, true)).scopes, ['keys:read']);
});

test('settings that are not as they must be are refused by field, all at once', async (t) => {
  const installation = await withAccess(t);
  const wrong: Partial<KeySettings> = {
    allowedAddresses: ['192.0.2.0/24', '192.0.2.1/24', 'localhost'],
    allowedOrigins: ['http://shop.example'],
    expiresAtMs: 1,
    requestsPerMinute: 0,
    owner: '<b>',
    note: ' ',
    boundTo: { kind: 'connection', id: 'con_x' },
  };
  await assert.rejects(
    keyWith(installation, wrong),
    (thrown: Error & { fields?: readonly { path: string }[] }) => {
      assert.deepEqual(thrown.fields?.map(({ path }) => path).toSorted(), [
        'allowedAddresses.1',
        'allowedAddresses.2',
        'allowedOrigins.0',
        'boundTo.id',
        'expiresAt',
        'note',
        'owner',
        'requestsPerMinute',
      ]);
      return true;
    },
  );
});

test('K17 owner and note are refused where sanitising would change them, and kept to the letter otherwise', async (t) => {
  const installation = await withAccess(t);
  for (const text of ['', ' x', 'a\nb', 'x'.repeat(256), 'a\u202eb', 'JaVaScript:x', 'e\u0301', '\uff1cb'])
    await assert.rejects(keyWith(installation, { note: text }), { code: 'INVALID_REQUEST' }, text);
  const owner = 'Zahlungen & Söhne, «team» 1';
  assert.equal((await keyWith(installation, { owner })).key.owner, owner);
});
