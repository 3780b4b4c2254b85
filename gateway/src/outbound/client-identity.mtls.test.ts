// A destination that asks who calls is shown the certificate configured for it and no other; calls under different identities
// share no connection; a certificate without its own key is refused when it is configured. K15 U6 L5 P10 Q14.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { type ClientIdentity, readClientIdentity } from './client-identity.ts';
import { authority, callOf, openOutbound, serve, textOf } from './loopback-server.fixture.ts';

const clients = await createAuthority({ name: 'Authority of clients' });
const [first, second] = await Promise.all(
  ['one.test', 'two.test'].map((name) => issueCertificate(clients, { names: [name], usage: 'client' })),
);
assert.ok(first !== undefined && second !== undefined);

function identityOf(pair: { cert: string; key: string }): ClientIdentity {
  const verdict = readClientIdentity({ certificate: pair.cert, key: pair.key });
  assert.ok(verdict.ok, verdict.ok ? '' : verdict.reason);
  return verdict.identity;
}

/** Says whose certificate it was shown. */
const asking = (t: TestContext, options = {}) =>
  serve(
    t,
    (request, response) => {
      const socket = request.socket as TLSSocket;
      response.end(socket.authorized ? socket.getPeerCertificate().subjectaltname : 'nobody');
    },
    { requestCert: true, rejectUnauthorized: true, ca: [clients.cert, authority.cert], ...options },
  );

test('each call shows its own identity, on connections of its own', async (t) => {
  const server = await asking(t);
  const outbound = openOutbound(t);
  const seen = async (identity: ClientIdentity | null) =>
    textOf(await outbound.call(callOf(server.origin, { identity })));
  assert.equal(await seen(identityOf(first)), 'DNS:one.test');
  assert.equal(await seen(identityOf(second)), 'DNS:two.test');
  assert.equal(await seen(identityOf(first)), 'DNS:one.test');
  assert.equal(server.accepted(), 2);
});

test('without an identity, or with one of a stranger, the receiver lets nobody in and nothing is taken for an answer', async (t) => {
  const server = await asking(t);
  const outbound = openOutbound(t);
  const stranger = await issueCertificate(await createAuthority({ name: 'Stranger' }), {
    names: ['one.test'],
    usage: 'client',
  });
  for (const identity of [null, identityOf(stranger)])
    await assert.rejects(outbound.call(callOf(server.origin, { identity })), { name: 'Fault' });
  assert.equal(
    await textOf(await outbound.call(callOf(server.origin, { identity: identityOf(first) }))),
    'DNS:one.test',
  );
});

test('a pair that is none is refused, and the reason quotes nothing of it', () => {
  const wrong = [
    { certificate: 'cnry', key: first.key },
    { certificate: first.cert, key: 'cnry' },
    { certificate: first.cert, key: second.key },
    { certificate: first.cert, key: '' },
    { certificate: 'x'.repeat(70_000), key: first.key },
  ];
  for (const pair of wrong) {
    const verdict = readClientIdentity(pair);
    assert.equal(verdict.ok, false);
    assert.ok(!verdict.ok && !verdict.reason.includes('cnry') && !verdict.reason.includes('BEGIN'));
  }
});
