// Over the network: a key that takes signed requests only is used by the SDK with every kind of signer, its own text opens
// nothing, and what a listener on the line overheard is worth nothing. U8 U9 P12 K1; trap "verify first, then remember the MAC".
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { createSallyport, type Signing } from '@sallyport/sdk';
import { withClient } from '#test/client';
import { type TestGateway, withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';

interface Case {
  readonly scheme: 'rfc9421' | 'mintmove';
  readonly algorithm: 'hmac-sha256' | 'ed25519' | 'ml-dsa-65';
}

const cases: readonly Case[] = [
  { scheme: 'rfc9421', algorithm: 'hmac-sha256' },
  { scheme: 'rfc9421', algorithm: 'ed25519' },
  { scheme: 'rfc9421', algorithm: 'ml-dsa-65' },
  { scheme: 'mintmove', algorithm: 'hmac-sha256' },
];

test('U8 a signed-only key: signed by the SDK it is let in once, replayed or unsigned it is not', async (t) => {
  const gatewayTest = await withGateway(t);
  const { adminKey, koywe, sandbox, ca } = gatewayTest;
  const send = withClient(t, gatewayTest);
  const admin = (path: string, body: object) =>
    send({ method: 'POST', path: `/admin/v1${path}`, key: adminKey, body });
  const credential = { apiKey: koywe.apiKey, secret: koywe.secret };
  const platform = { platform: 'koywe', name: 'koywe', credential, baseUrl: sandbox.url };
  const connection = (await admin('/connections', platform)).json<{ id: string; prefix: string }>();
  const asked = { kind: 'test', name: 'signing', scopes: ['calls:send'], signedOnly: true };
  const { key, secret: keyText } = (await admin('/keys', asked)).json<{
    key: { id: string };
    secret: string;
  }>();
  const path = `/api/v1/organizations/${koywe.organizationId}/merchants/${koywe.merchantId}`;

  const bare = await send({ path: `${connection.prefix}${path}`, key: keyText });
  assertProblem(bare, 'SIGNATURE_REQUIRED');
  const signersPath = `/keys/${key.id}/signers`;

  for (const [at, each] of cases.entries()) {
    const signing = await addSigner(each);
    const line = await withOverheardLine(t, gatewayTest);
    const sallyport = createSallyport({ url: line.url, ca, signing });
    const name = `${each.scheme} ${each.algorithm}`;
    const answer = await sallyport.call(connection.id, { method: 'GET', path });
    assert.equal(answer.status, 200, `${name}: ${JSON.stringify(answer.body)}`);
    const overheard = line.overheard();
    const body = {
      email: `ana${at}@example.com`,
      countrySymbol: 'CL',
      type: 'PERSON',
      businessType: 'PERSON',
    };
    const posted = await sallyport.call(connection.id, {
      method: 'POST',
      path: `${path}/contacts`,
      body: { ...body, firstName: 'Ana', lastName: 'Soto', phone: `+5690000000${at}` },
      idempotencyKey: `contact-${at}`,
    });
    assert.equal(posted.status, 201, `${name}: ${JSON.stringify(posted.body)}`);
    await sallyport.close();
    assert.ok(!line.overheard().includes('sk_test_'), 'a key was sent beside the signature');

    const again = await withRaw(t, gatewayTest);
    again.send(overheard);
    assertProblem(await again.answer(), 'SIGNATURE_REPLAYED');
    const changed = await withRaw(t, gatewayTest);
    changed.send(Buffer.from(overheard.toString('latin1').replace('/merchants/', '/Merchants/'), 'latin1'));
    assertProblem(await changed.answer(), 'SIGNATURE_INVALID');
    const twofold = await withRaw(t, gatewayTest);
    const second = `\r\nauthorization: Bearer ${keyText}\r\n\r\n`;
    twofold.send(Buffer.from(overheard.toString('latin1').replace('\r\n\r\n', second), 'latin1'));
    assertProblem(await twofold.answer(), 'INVALID_REQUEST');
  }

  const callers = await send({ path: `/admin/v1/keys/${key.id}/callers`, key: adminKey });
  const { items } = callers.json<{ items: { credential: string; uses: number }[] }>();
  assert.deepEqual(
    items.map(({ credential: id, uses }) => [id.slice(0, 4), uses]),
    cases.map(() => ['sgn_', 2]),
  );

  async function addSigner({ scheme, algorithm }: Case): Promise<Signing> {
    if (algorithm === 'hmac-sha256') {
      const made = await admin(signersPath, { scheme, algorithm });
      assert.equal(made.status, 201, made.text);
      return { scheme, keyId: key.id, secret: made.json<{ secret: string }>().secret };
    }
    const pair = algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-65');
    const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const made = await admin(signersPath, { scheme, algorithm, publicKey });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.json<{ secret: string | null }>().secret, null);
    const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { scheme, keyId: key.id, privateKey };
  }
});

/** A way to the gateway on which somebody listens behind the TLS, as a proxy could. */
async function withOverheardLine(
  t: { after(hook: () => Promise<void> | void): unknown },
  { url, ca, certificates }: TestGateway,
): Promise<{ url: string; overheard(): Buffer }> {
  const chunks: Buffer[] = [];
  const server = createServer(certificates, (near) => {
    const far = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca, servername: 'localhost' });
    near.on('data', (chunk: Buffer) => chunks.push(chunk));
    near.pipe(far);
    far.pipe(near);
    for (const one of [near, far]) {
      one.on('error', () => undefined).on('close', () => (near.destroy(), far.destroy()));
      t.after(() => void one.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, overheard: () => Buffer.concat(chunks) };
}
