// A signed request is let in once, under the key that signed it, over exactly what was received, and by nobody's choice of
// scheme or algorithm. U8 U9 P12 L11; traps "Verify first, then remember the MAC atomically; fail closed", "Coverage is fixed by
// the server", "Checking an algorithm or key by a field the sender controls".
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { type RequestSchemeName, type RequestSigningKey, signRequest } from '@sallyport/schemes';
import type { SignedCall } from '#access';
import { Fault, newId, openSecret, systemClock } from '#base';
import { ACTOR, type AccessNode, withAccess } from './access.fixture.ts';

const TARGET = '/out/con_01k00000000000000000000000/v1/orders?x=1';
const AUTHORITY = 'gateway.example';
const BODY = Buffer.from('{"amount":1.0}');

interface Signing {
  readonly scheme: RequestSchemeName;
  readonly keyId: string;
  readonly key: RequestSigningKey;
  readonly nowMs?: number;
}

async function signed({ scheme, keyId, key, nowMs = Date.now() }: Signing): Promise<SignedCall> {
  const call = { method: 'POST', target: TARGET, authority: AUTHORITY, body: BODY };
  const headers = await signRequest({
    scheme,
    keyId,
    key,
    ...call,
    rawHeaders: [],
    nowMs,
    nonce: newId('request', systemClock),
  });
  return { ...call, rawHeaders: headers.flat() };
}

function present({ access }: AccessNode, call: SignedCall) {
  const claim = access.signatureOf(call.rawHeaders) ?? assert.fail('no signature');
  return access.authenticateSigned({ claim, call, surface: 'runtime', actor: ACTOR });
}

async function setUp(t: Parameters<typeof withAccess>[0]) {
  const installation = await withAccess(t);
  const { access, environments } = installation;
  const { id: environment } = environments.development;
  const { key } = await access.keys.create({ environment, kind: 'test', name: 'a', signedOnly: true }, ACTOR);
  const target = { environment, key: key.id };
  const addSecret = async (scheme: RequestSchemeName): Promise<Signing> => {
    const { secret } = await access.signers.add({ ...target, scheme, algorithm: 'hmac-sha256' }, ACTOR);
    const bytes = openSecret(secret ?? assert.fail());
    return { scheme, keyId: key.id, key: { algorithm: 'hmac-sha256', secret: bytes } };
  };
  return { ...installation, target, addSecret };
}

for (const scheme of ['mintmove', 'orangebit', 'unicyfalcon', 'variznow', 'voluti', 'rfc9421'] as const) {
  test(`U8 ${scheme}: let in once, on whichever node; anything changed is refused`, async (t) => {
    const installation = await setUp(t);
    const { target, addSecret, node } = installation;
    const other = await node();
    const signing = await addSecret(scheme);
    const call = await signed(signing);
    const principal = await present(installation, call);
    assert.deepEqual([principal.key, principal.via], [target.key, 'signature']);
    for (const one of [installation, other])
      await assert.rejects(present(one, call), { code: 'SIGNATURE_REPLAYED' });
    const fresh = await signed({ ...signing, nowMs: Date.now() + 1_000 });
    for (const changed of [
      { method: 'PUT' },
      { target: `${TARGET}0` },
      { body: Buffer.from('{"amount":1}') },
      { body: new Uint8Array() },
    ])
      await assert.rejects(present(installation, { ...fresh, ...changed }), { code: 'SIGNATURE_INVALID' });
    await present(other, fresh);
  });
}

test('U8 of a hundred at once that bear one signature exactly one is let in, over two nodes', async (t) => {
  const installation = await setUp(t);
  const other = await installation.node();
  const call = await signed(await installation.addSecret('mintmove'));
  const tries = Array.from({ length: 100 }, (_, at) => present(at % 2 === 0 ? installation : other, call));
  const results = await Promise.allSettled(tries);
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of results)
    if (result.status === 'rejected') assert.equal(Object(result.reason).code, 'SIGNATURE_REPLAYED');
});

test('U8 with Ed25519 and ML-DSA-65 the public key is kept, and a signature by another key is refused', async (t) => {
  const installation = await setUp(t);
  const { access, target } = installation;
  for (const algorithm of ['ed25519', 'ml-dsa-65'] as const) {
    const make = () =>
      algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-65');
    const { publicKey, privateKey } = make();
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    await access.signers.add({ ...target, scheme: 'rfc9421', algorithm, publicKey: pem }, ACTOR);
    const signing = { scheme: 'rfc9421', keyId: target.key, key: { algorithm, privateKey } } as const;
    await present(installation, await signed(signing));
    const stranger = { ...signing, key: { algorithm, privateKey: make().privateKey } };
    await assert.rejects(present(installation, await signed(stranger)), { code: 'SIGNATURE_INVALID' });
  }
});

test('U9 a time that is off is refused with by how much; milliseconds are named as the mistake', async (t) => {
  const installation = await setUp(t);
  const signing = await installation.addSecret('mintmove');
  for (const [offMs, text] of [
    [-312_000, /31\d s behind the clock/],
    [400_000, /(?:400|39\d) s ahead of the clock/],
  ] as const) {
    const call = await signed({ ...signing, nowMs: Date.now() + offMs });
    await assert.rejects(present(installation, call), (thrown) => {
      assert.ok(thrown instanceof Fault && thrown.code === 'SIGNATURE_STALE');
      assert.match(thrown.detail, text);
      return true;
    });
  }
  // Signed with milliseconds, as the sender believed them to be right.
  const timestamp = String(Date.now());
  const { secret } = signing.key as { secret: Uint8Array };
  const mac = createHmac('sha256', secret)
    .update(`POST${TARGET}`)
    .update(BODY)
    .update(timestamp)
    .digest('hex');
  const rawHeaders = ['X-API-KEY', signing.keyId, 'X-API-TIMESTAMP', timestamp, 'X-API-SIGN', mac];
  const call = { method: 'POST', target: TARGET, authority: AUTHORITY, body: BODY, rawHeaders };
  await assert.rejects(present(installation, call), (thrown) => {
    assert.ok(thrown instanceof Fault && thrown.code === 'SIGNATURE_INVALID');
    assert.match(thrown.detail, /seconds and milliseconds were confused/);
    return true;
  });
});

test('U8 the scheme is the one that the key was set up for, an unknown key looks like a wrong one, and keys have to be one', async (t) => {
  const installation = await setUp(t);
  const { access, target, addSecret } = installation;
  const signing = await addSecret('mintmove');
  const mismatch = (thrown: unknown): boolean =>
    thrown instanceof Fault &&
    thrown.code === 'SIGNATURE_INVALID' &&
    /fits none of the keys/.test(thrown.detail);
  await assert.rejects(present(installation, await signed({ ...signing, scheme: 'orangebit' })), mismatch);
  const unknown = newId('key', systemClock);
  await assert.rejects(present(installation, await signed({ ...signing, keyId: unknown })), mismatch);
  const one = await signed(signing);
  const two = await signed({ ...signing, keyId: unknown, scheme: 'orangebit' });
  assert.throws(() => access.signatureOf([...one.rawHeaders, ...two.rawHeaders]), {
    code: 'SIGNATURE_INVALID',
  });
  assert.throws(() => access.signatureOf(['X-API-SIGN', 'x']), { code: 'SIGNATURE_INVALID' });
  assert.equal(access.signatureOf(['X-API-KEY', target.key]), null);
});

test('U8 no answer tells whether there is a key, whether it signs, or with which algorithm, whatever else is wrong', async (t) => {
  const installation = await setUp(t);
  const { access, environments, addSecret } = installation;
  const signing = await addSecret('rfc9421');
  const environment = environments.development.id;
  const { key: unsigned } = await access.keys.create({ environment, kind: 'test', name: 'b' }, ACTOR);
  const { privateKey } = generateKeyPairSync('ed25519');
  const wrong = [
    { ...signing, key: { algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 1) } },
    { ...signing, key: { algorithm: 'ed25519', privateKey } },
  ] as const;
  const told = async (by: Signing, change: (call: SignedCall) => SignedCall): Promise<string> => {
    const call = change(await signed(by));
    const thrown: unknown = await present(installation, call).then(
      () => null,
      (fault: unknown) => fault,
    );
    assert.ok(thrown instanceof Fault && thrown.code === 'SIGNATURE_INVALID');
    return thrown.detail;
  };
  for (const change of [
    (call: SignedCall) => call,
    (call: SignedCall) => ({ ...call, body: Buffer.from('{}') }),
    (call: SignedCall) => ({ ...call, authority: 'not a host' }),
  ]) {
    const keys = [signing.keyId, unsigned.id, newId('key', systemClock)];
    for (const by of wrong) {
      const details = await Promise.all(keys.map((keyId) => told({ ...by, keyId }, change)));
      assert.equal(new Set(details).size, 1, details.join(' | '));
    }
  }
});

test('U10 a signer that is in use ends by force only, at once; nothing of a secret is in the log', async (t) => {
  const installation = await setUp(t);
  const { access, target, addSecret, acts } = installation;
  const signing = await addSecret('mintmove');
  await present(installation, await signed(signing));
  const [signer] = await access.signers.list(target);
  const retiring = { ...target, signer: signer?.id ?? assert.fail() };
  await assert.rejects(access.signers.retire(retiring, ACTOR), { code: 'SECRET_IN_USE' });
  await access.signers.retire({ ...retiring, force: true }, ACTOR);
  const late = await signed({ ...signing, nowMs: Date.now() + 1_000 });
  await assert.rejects(present(installation, late), { code: 'SIGNATURE_INVALID' });
  await assert.rejects(access.signers.retire({ ...retiring, force: true }, ACTOR), {
    code: 'SIGNER_NOT_FOUND',
  });
  const log = (await acts(target.environment)).map(({ text }) => text).join();
  assert.match(log, /key\.signer_added/);
  assert.doesNotMatch(log, /sgk_syp_/);
});

test('a signature survives in memory as long as it could be accepted, over a restart, and is forgotten after', async (t) => {
  const installation = await setUp(t);
  const { node, clock } = installation;
  const call = await signed(await installation.addSecret('mintmove'));
  await present(installation, call);
  await installation.access.stop();
  const restarted = await node();
  await assert.rejects(present(restarted, call), { code: 'SIGNATURE_REPLAYED' });
  clock.forward(300_000 + 59_000);
  assert.equal(await restarted.access.sweep(), 0);
  clock.forward(2_000);
  assert.equal(await restarted.access.sweep(), 1);
  await assert.rejects(present(restarted, call), { code: 'SIGNATURE_STALE' });
});

test('U8 while nothing can be remembered nobody is let in', async (t) => {
  const installation = await setUp(t);
  const signing = await installation.addSecret('mintmove');
  await present(installation, await signed(signing)); // everything is in memory but the signature itself
  await installation.store.close();
  const call = await signed({ ...signing, nowMs: Date.now() + 1_000 });
  await assert.rejects(
    present(installation, call),
    (thrown) => thrown instanceof Fault && thrown.status === 503,
  );
});
