// Where client certificates are asked for, only those of the one authority are taken, and what is taken is known of the
// request. K8 Q14; real handshakes.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { Socket } from 'node:net';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { createRanges, systemClock } from '#base';
import { withRaw } from '#test/raw';
import { createClientAddress } from './client-address.ts';
import { createShownCertificates } from './client-certificate.ts';
import { type TestListener, withListener } from './http.fixture.ts';
import { createReceived } from './received.ts';
import { tlsOptions } from './tls.ts';

const DAY_MS = 86_400_000;
const servers = await createAuthority({ name: 'Server test authority' });
const clients = await createAuthority({ name: 'Client test authority' });
const strangers = await createAuthority({ name: 'Client test authority' });
const names = ['localhost', '127.0.0.1'];
const own = await issueCertificate(servers, { names });
const good = await issueCertificate(clients, { names, usage: 'client' });
const BAD = {
  'another authority of the same name': await issueCertificate(strangers, { names, usage: 'client' }),
  "the server's own authority": await issueCertificate(servers, { names, usage: 'client' }),
  'a certificate for servers': await issueCertificate(clients, { names, usage: 'server' }),
  'one that has ended': await issueCertificate(clients, {
    names,
    usage: 'client',
    days: 1,
    from: new Date(Date.now() - 3 * DAY_MS),
  }),
  'one that is not valid yet': await issueCertificate(clients, {
    names,
    usage: 'client',
    from: new Date(Date.now() + DAY_MS),
  }),
};

let requests = 0;
const health = async (): Promise<void> => void (requests += 1);
const open = (clientCertificates: 'optional' | 'required'): Promise<TestListener> =>
  withListener(
    { after },
    { rooms: { health }, ports: { tls: { ...own, clientCa: clients.cert, clientCertificates } } },
  );
const optional = await open('optional');
const required = await open('required');
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** Sends a request with the last bytes of the handshake, and gives back everything that came. */
async function ask(listener: { readonly port: number }, options: ConnectionOptions): Promise<string> {
  const socket = connect({
    port: listener.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: servers.cert,
    ...options,
  });
  const received: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => received.push(bytes)).on('error', () => undefined);
  socket.end('GET /readyz HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n');
  await closeOf(socket);
  return Buffer.concat(received).toString('latin1');
}

for (const version of VERSIONS) {
  const only = { minVersion: version, maxVersion: version };
  test(`Q14 ${version}: a certificate of the authority is taken, whether asked for or demanded`, async () => {
    for (const listener of [optional, required])
      assert.match(await ask(listener, { ...only, ...good }), /^HTTP\/1\.1 200 /);
  });

  test(`Q14 ${version}: without one, only where it is optional`, async () => {
    assert.match(await ask(optional, only), /^HTTP\/1\.1 200 /);
    requests = 0;
    assert.equal(await ask(required, only), '');
    assert.equal(requests, 0);
  });

  for (const [name, pair] of Object.entries(BAD)) {
    test(`Q14 ${version}: ${name} gets no answer, and nothing that it sent is seen`, async () => {
      requests = 0;
      for (const listener of [optional, required])
        assert.equal(await ask(listener, { ...only, ...pair }), '');
      assert.equal(requests, 0);
    });
  }

  test(`Q14 ${version}: no session is resumed past the look at a certificate`, async (t) => {
    for (const listener of [optional, required]) {
      const sessions: Buffer[] = [];
      const first = await withRaw(t, { ...listener, ca: servers.cert, tls: { ...only, ...good } });
      first.socket.on('session', (session: Buffer) => sessions.push(session));
      first.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
      await first.answer();
      const [session = first.socket.getSession()] = sessions;
      assert.ok(session !== undefined);
      for (const pair of [{}, BAD['another authority of the same name']]) {
        const answer = await ask(listener, { ...only, ...pair, session });
        if (listener === optional && !('key' in pair)) assert.match(answer, /^HTTP\/1\.1 200 /);
        else assert.equal(answer, '');
      }
    }
  });
}

test('Q14 the fingerprint is known of the request, as openssl prints it', async (t) => {
  const certificates = createShownCertificates('optional');
  const received = createReceived({
    clock: systemClock,
    clientAddressOf: createClientAddress(createRanges([])),
    certificates,
  });
  const known = Promise.withResolvers<string | null>();
  const server = createServer({ ...tlsOptions({ ...own, clientCa: clients.cert }), requestCert: true });
  server.prependListener('secureConnection', (socket) => assert.ok(certificates.takes(socket)));
  server.on('request', (request, response) => {
    known.resolve(received.begin(request).certificate);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  await ask(address, good);
  const printed = new X509Certificate(good.cert).fingerprint256;
  assert.equal(await known.promise, printed.replaceAll(':', '').toLowerCase());
});

test('Q14 a listener that asks for none takes whoever comes, and knows of none', async (t) => {
  const off = await withListener(t, { rooms: { health }, ports: { tls: own } });
  assert.match(await ask(off, good), /^HTTP\/1\.1 200 /);
  assert.equal(createShownCertificates('off').of(new Socket()), null);
});

/** Whether it ended well or with an error. */
function closeOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}
