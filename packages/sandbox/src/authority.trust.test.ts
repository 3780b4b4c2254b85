// A development authority's certificates are accepted by a real TLS client that trusts it, and by nobody else; they
// live briefly, carry the extensions of RFC 5280, and the authority can't vouch for names outside its constraints.
// K15 U6 L5 Q14
import './reflect.ts';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tls from 'node:tls';
import * as x509 from '@peculiar/x509';
import { type Authority, createAuthority, issueCertificate } from './authority.ts';

const authorityKeyIdentifierOid = '2.5.29.35';

type Handshake = { ok: true; peer: string } | { ok: false; code: string };

/** One handshake against a server with `server`'s certificate; `client` authenticates when given. */
async function shakeHands(options: {
  ca: string;
  server: { key: string; cert: string };
  client?: { key: string; cert: string };
  servername?: string;
}): Promise<Handshake> {
  const listener = tls.createServer({
    ...options.server,
    ca: options.ca,
    requestCert: options.client !== undefined,
    rejectUnauthorized: options.client !== undefined,
  });
  listener.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    socket.end('hello');
  });
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    ca: options.ca,
    ...options.client,
    ...(options.servername === undefined ? {} : { servername: options.servername }),
  });
  try {
    await once(socket, 'data');
    return { ok: true, peer: socket.getPeerX509Certificate()?.subject ?? '' };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    // Node has no code of its own for some of OpenSSL's reasons.
    return { ok: false, code: code === 'UNSPECIFIED' && error instanceof Error ? error.message : code };
  } finally {
    socket.destroy();
    listener.close();
    await once(listener, 'close');
  }
}

async function issue(authority: Authority, names: string[]): Promise<{ key: string; cert: string }> {
  return issueCertificate(authority, { names });
}

test('K15 U6: a client that trusts the authority accepts its certificate by name and by address', async () => {
  const authority = await createAuthority();
  const server = await issue(authority, ['localhost', 'sandbox.test', '127.0.0.1', '::1']);
  assert.equal((await shakeHands({ ca: authority.cert, server })).ok, true);
  assert.equal((await shakeHands({ ca: authority.cert, server, servername: 'sandbox.test' })).ok, true);
});

test('K15 U6: another authority, another name and a lapsed certificate are refused', async () => {
  const [authority, stranger] = await Promise.all([createAuthority(), createAuthority({ name: 'Stranger' })]);
  const server = await issue(authority, ['sandbox.test']);
  assert.equal((await shakeHands({ ca: stranger.cert, server, servername: 'sandbox.test' })).ok, false);
  assert.deepEqual(await shakeHands({ ca: authority.cert, server, servername: 'other.test' }), {
    ok: false,
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
  const lapsed = await issueCertificate(authority, {
    names: ['127.0.0.1'],
    days: 1,
    from: new Date(Date.now() - 3 * 86_400_000),
  });
  assert.deepEqual(await shakeHands({ ca: authority.cert, server: lapsed }), {
    ok: false,
    code: 'CERT_HAS_EXPIRED',
  });
});

test('L5: a client certificate authenticates a client and does not serve', async () => {
  const authority = await createAuthority();
  const server = await issue(authority, ['127.0.0.1']);
  const client = await issueCertificate(authority, { names: ['client.test'], usage: 'client' });
  assert.equal((await shakeHands({ ca: authority.cert, server, client })).ok, true);
  const swapped = await issueCertificate(authority, { names: ['127.0.0.1'], usage: 'client' });
  assert.deepEqual(await shakeHands({ ca: authority.cert, server: swapped }), {
    ok: false,
    code: 'INVALID_PURPOSE',
  });
});

test('the extensions, lives and serial numbers are those of a careful authority', async () => {
  const authority = await createAuthority();
  const root = new X509Certificate(authority.cert);
  const leaves = await Promise.all([issue(authority, ['a.test']), issue(authority, ['a.test'])]);
  const [first, second] = leaves.map(({ cert }) => new X509Certificate(cert));
  assert.ok(first !== undefined && second !== undefined);
  const constraints = new x509.X509Certificate(authority.cert).getExtension(x509.BasicConstraintsExtension);
  assert.deepEqual([constraints?.ca, constraints?.pathLength, constraints?.critical], [true, 0, true]);
  assert.equal(root.ca, true);
  assert.equal(first.ca, false);
  assert.equal(first.checkIssued(root) && first.verify(root.publicKey), true);
  assert.equal(first.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.notEqual(first.serialNumber, second.serialNumber);
  assert.match(first.serialNumber, /^[4-7][0-9A-F]{31}$/);
  const days = (certificate: X509Certificate): number =>
    (certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / 86_400_000;
  assert.ok(days(first) <= 90 && days(root) >= 365 && days(root) <= 730);
  const short = new X509Certificate((await createAuthority({ days: 2 })).cert);
  const kept = await createAuthority({ days: 2 });
  const inside = new X509Certificate((await issueCertificate(kept, { names: ['a.test'], days: 90 })).cert);
  assert.ok(inside.validToDate.getTime() <= short.validToDate.getTime() + 60_000);
});

test('lives over the limit, no names, malformed and foreign names are refused', async () => {
  await assert.rejects(createAuthority({ days: 731 }), RangeError);
  await assert.rejects(createAuthority({ days: Number.NaN }), RangeError);
  const authority = await createAuthority();
  await assert.rejects(issueCertificate(authority, { names: ['a.test'], days: 91 }), RangeError);
  await assert.rejects(issueCertificate(authority, { names: [] }), RangeError);
  for (const name of [
    '',
    'a b.test',
    'a..test',
    'api.koywe.com',
    'nottest',
    '8.8.8.8',
    '2001:db8::1',
    'test\0.com',
  ]) {
    await assert.rejects(issueCertificate(authority, { names: [name] }), TypeError, name);
  }
  const wider = await createAuthority({ permittedNames: ['koywe.com', '8.8.8.8', '2001:db8::/33'] });
  await issueCertificate(wider, { names: ['koywe.com', '*.koywe.com', '8.8.8.8', '2001:db8::1'] });
  await assert.rejects(issueCertificate(wider, { names: ['8.8.8.9'] }), TypeError);
  await assert.rejects(issueCertificate(wider, { names: ['2001:db8:8000::1'] }), TypeError);
  await assert.rejects(issueCertificate(wider, { names: ['localhost'] }), TypeError);
});

test('U6: TLS itself enforces the name constraints, whatever was signed', async () => {
  const authority = await createAuthority();
  const bare = await createAuthority({ permittedNames: ['koywe.com'] });
  const server = await issue(bare, ['api.koywe.com']);
  assert.equal((await shakeHands({ ca: bare.cert, server, servername: 'api.koywe.com' })).ok, true);
  const forged = await resign(server, authority);
  assert.deepEqual(await shakeHands({ ca: authority.cert, server: forged, servername: 'api.koywe.com' }), {
    ok: false,
    code: 'permitted subtree violation',
  });
  const allowed = await resign(await issue(await createAuthority(), ['sandbox.test']), authority);
  assert.equal(
    (await shakeHands({ ca: authority.cert, server: allowed, servername: 'sandbox.test' })).ok,
    true,
  );
});

/** The leaf of `issued`, signed afresh by `authority` without asking what it permits: what a thief of its key can do. */
async function resign(
  issued: { key: string; cert: string },
  authority: Authority,
): Promise<{ key: string; cert: string }> {
  const leaf = new x509.X509Certificate(
    issued.cert.slice(0, issued.cert.indexOf('-----END')).concat('-----END CERTIFICATE-----'),
  );
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const der = createPrivateKey(authority.key).export({ format: 'der', type: 'pkcs8' });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: leaf.serialNumber,
    subject: leaf.subject,
    issuer: new x509.X509Certificate(authority.cert).subject,
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    publicKey: await leaf.publicKey.export(),
    signingAlgorithm: algorithm,
    signingKey: await crypto.subtle.importKey('pkcs8', Uint8Array.from(der), algorithm, false, ['sign']),
    extensions: leaf.extensions.filter(({ type }) => type !== authorityKeyIdentifierOid),
  });
  return { key: issued.key, cert: certificate.toString('pem') };
}

test('openssl verifies the chain under its strict rules', async (context) => {
  if (spawnSync('openssl', ['version']).status !== 0) {
    context.skip('no openssl program');
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'authority-'));
  try {
    const authority = await createAuthority();
    const server = await issue(authority, ['localhost', '127.0.0.1']);
    await writeFile(join(folder, 'ca.pem'), authority.cert);
    await writeFile(join(folder, 'leaf.pem'), server.cert);
    const verify = (...extra: string[]): number | null =>
      spawnSync(
        'openssl',
        ['verify', '-x509_strict', '-purpose', 'sslserver', ...extra, '-CAfile', 'ca.pem', 'leaf.pem'],
        { cwd: folder },
      ).status;
    assert.equal(verify('-verify_ip', '127.0.0.1'), 0);
    assert.equal(verify('-verify_hostname', 'localhost'), 0);
    assert.notEqual(verify('-verify_hostname', 'other.test'), 0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
