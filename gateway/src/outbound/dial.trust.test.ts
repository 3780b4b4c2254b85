// A connection is used only when its certificate is valid now, for this host, from an authority we trust, and pinned
// where pins are given; no protocol or cipher below TLS 1.2 with ECDHE and AEAD is spoken, and nothing switches this off.
// K8 U6 L4 P10 Q14 (transport), K15 U6 L5 (certificates verified, pins, private authorities).
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { type CertificateOptions, createAuthority, issueCertificate } from '@sallyport/sandbox';
import { Fault, limitsWith, silentLog, systemClock } from '#base';
import { mayHaveBeenSent } from './faults.ts';
import {
  authority,
  callOf,
  faultOf,
  listening,
  openOutbound,
  serve,
  textOf,
} from './loopback-server.fixture.ts';
import { createOutbound } from './outbound.ts';
import { checkPins, isIssuedBy, pinOf } from './pins.ts';

const DAY_MS = 86_400_000;
const stranger = await createAuthority({ name: 'Stranger' });

async function refused(t: TestContext, options: TlsOptions, reason: RegExp): Promise<void> {
  let requests = 0;
  const server = await serve(
    t,
    (_request, response) => {
      requests += 1;
      response.end();
    },
    options,
  );
  const fault = await faultOf(
    openOutbound(t).call(callOf(server.origin, { method: 'POST', body: Buffer.from('x') })),
    'OUTBOUND_TLS_FAILED',
  );
  assert.match(fault.detail, reason);
  assert.match(fault.detail, /platform\.test: .* during the TLS handshake/);
  assert.equal(mayHaveBeenSent(fault), false);
  await server.drained();
  assert.equal(requests, 0);
}

async function answered(t: TestContext, options: TlsOptions): Promise<TLSSocket> {
  const { promise, resolve } = Promise.withResolvers<TLSSocket>();
  const server = await serve(
    t,
    (request, response) => {
      resolve(request.socket as TLSSocket);
      response.end('trusted');
    },
    options,
  );
  assert.equal(await textOf(await openOutbound(t).call(callOf(server.origin))), 'trusted');
  return promise;
}

function leaf(options: Partial<CertificateOptions> = {}): ReturnType<typeof issueCertificate> {
  return issueCertificate(authority, { names: ['platform.test'], ...options });
}

test('K15 a certificate of the private authority is trusted, beside the bundled ones', async (t) => {
  await answered(t, await leaf());
});

test('K15 a certificate for another name is refused', async (t) => {
  await refused(t, await leaf({ names: ['other.test'] }), /ERR_TLS_CERT_ALTNAME_INVALID/);
  await refused(t, await leaf({ names: ['127.0.0.1'] }), /ERR_TLS_CERT_ALTNAME_INVALID/);
  await refused(t, await leaf({ names: ['*.platform.test'] }), /ERR_TLS_CERT_ALTNAME_INVALID/);
});

test('K15 a literal address needs a certificate for that address', async (t) => {
  const server = await serve(
    t,
    (_request, response) => response.end(),
    await leaf({ names: ['platform.test', 'localhost'] }),
  );
  await faultOf(openOutbound(t).call(callOf(`https://127.0.0.1:${server.port}`)), 'OUTBOUND_TLS_FAILED');
});

test('K15 an expired certificate is refused', async (t) => {
  await refused(t, await leaf({ from: new Date(Date.now() - 3 * DAY_MS), days: 1 }), /CERT_HAS_EXPIRED/);
});

test('K15 a certificate of tomorrow is refused', async (t) => {
  await refused(t, await leaf({ from: new Date(Date.now() + DAY_MS), days: 2 }), /CERT_NOT_YET_VALID/);
});

test('K15 a certificate of an unknown authority is refused', async (t) => {
  await refused(
    t,
    await issueCertificate(stranger, { names: ['platform.test'] }),
    /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_/,
  );
});

test("K15 a self-signed certificate is refused, also an authority's own", async (t) => {
  await refused(t, { key: stranger.key, cert: stranger.cert }, /SELF_SIGNED|INVALID_PURPOSE/);
  await refused(t, { key: authority.key, cert: authority.cert }, /SELF_SIGNED|INVALID_PURPOSE/);
});

test('K15 a client certificate does not make a server', async (t) => {
  await refused(t, await leaf({ usage: 'client' }), /INVALID_PURPOSE/);
});

test('K15 no environment variable switches verification off', async (t) => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    await refused(
      t,
      await issueCertificate(stranger, { names: ['platform.test'] }),
      /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_/,
    );
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  }
});

test("K15 an authority of one call is trusted for that call's pool only", async (t) => {
  const server = await serve(
    t,
    (_request, response) => response.end('ours'),
    await issueCertificate(stranger, { names: ['platform.test'] }),
  );
  const outbound = openOutbound(t);
  assert.equal(await textOf(await outbound.call(callOf(server.origin, { ca: stranger.cert }))), 'ours');
  await faultOf(outbound.call(callOf(server.origin)), 'OUTBOUND_TLS_FAILED');
  const certificate = await leaf();
  for (const ca of ['', 'rubbish', stranger.key, certificate.cert, `${stranger.cert}${certificate.cert}`]) {
    assert.equal(
      mayHaveBeenSent(
        await faultOf(outbound.call(callOf(server.origin, { ca, pool: 'other' })), 'INVALID_REQUEST'),
      ),
      false,
    );
  }
  assert.throws(
    () =>
      createOutbound({
        declaredHosts: [],
        ca: 'rubbish',
        limits: limitsWith(),
        clock: systemClock,
        log: silentLog,
      }),
    (error) => error instanceof Fault && error.code === 'CONFIG_INVALID',
  );
});

test('K8 U6 TLS 1.1 is refused', async (t) => {
  await refused(
    t,
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
    /ERR_SSL|ECONNRESET/,
  );
});

test('K8 U6 CBC suites are refused, GCM ones are spoken', async (t) => {
  await refused(
    t,
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0' },
    /ERR_SSL|ECONNRESET/,
  );
  const socket = await answered(t, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' });
  assert.equal(socket.getProtocol(), 'TLSv1.2');
});

test('TLS 1.3 is spoken, with X25519MLKEM768 where both sides know it', async (t) => {
  const hybrid = await answered(t, { ecdhCurve: 'X25519MLKEM768' });
  assert.equal(hybrid.getProtocol(), 'TLSv1.3');
  await answered(t, { ecdhCurve: 'X25519' });
  await answered(t, { ecdhCurve: 'P-256' });
});

test('K8 U6 the hello offers TLS 1.2 and 1.3, ECDHE with AEAD, the host name and http/1.1, and nothing else', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const pieces: Uint8Array[] = [];
  const server = await listening(
    t,
    createServer((socket) =>
      socket.on('data', (piece) => {
        pieces.push(Buffer.from(piece));
        const hello = Buffer.concat(pieces);
        if (hello.length >= 5 && hello.length >= 5 + hello.readUInt16BE(3)) {
          resolve(hello);
          socket.destroy();
        }
      }),
    ),
  );
  const call = faultOf(openOutbound(t).call(callOf(server.origin)), 'OUTBOUND_TLS_FAILED');
  const { suites, extensions } = parseHello(await promise);
  await call;
  const allowed = new Set([0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0x00ff]);
  assert.deepEqual(
    suites.filter((suite) => !allowed.has(suite)),
    [],
  );
  assert.equal(suites.filter((suite) => suite !== 0x00ff).length, 9);
  assert.equal(extensions.get(43)?.toString('hex'), '0403040303', 'supported_versions: 1.3 and 1.2');
  assert.equal(extensions.get(10)?.readUInt16BE(2), 0x11ec, 'supported_groups: X25519MLKEM768 first');
  assert.match(extensions.get(0)?.toString('latin1') ?? '', /platform\.test$/);
  assert.equal(extensions.get(16)?.toString('latin1').slice(3), 'http/1.1');
  assert.ok(!extensions.has(41), 'no session is resumed');
});

test('K15 a pinned key is accepted: of the certificate or of its authority', async (t) => {
  const certificate = await leaf();
  const spare = pinOf(new X509Certificate(stranger.cert));
  const server = await serve(t, (_request, response) => response.end('pinned'), certificate);
  for (const pinned of [certificate.cert, authority.cert]) {
    const pins = [spare, pinOf(new X509Certificate(pinned))];
    assert.equal(await textOf(await openOutbound(t).call(callOf(server.origin, { pins }))), 'pinned');
  }
});

test('K15 a trusted certificate without a pinned key is refused', async (t) => {
  const spare = pinOf(new X509Certificate(stranger.cert));
  const another = pinOf(new X509Certificate((await leaf()).cert));
  // The pinned certificate is sent along, but it issued nothing here.
  const certificate = await leaf();
  const server = await serve(t, (_request, response) => response.end(), {
    ...certificate,
    cert: `${certificate.cert}${stranger.cert}`,
  });
  const fault = await faultOf(
    openOutbound(t).call(callOf(server.origin, { pins: [spare, another] })),
    'OUTBOUND_TLS_FAILED',
  );
  assert.match(fault.detail, /PIN_MISMATCH/);
  assert.equal(mayHaveBeenSent(fault), false);
});

test('K15 a pin never replaces trust', async (t) => {
  const certificate = await issueCertificate(stranger, { names: ['platform.test'] });
  const server = await serve(t, (_request, response) => response.end(), certificate);
  const pins = [pinOf(new X509Certificate(certificate.cert)), pinOf(new X509Certificate(stranger.cert))];
  await faultOf(openOutbound(t).call(callOf(server.origin, { pins })), 'OUTBOUND_TLS_FAILED');
});

test('K15 an authority counts for a pin by its signature, not by its name', async () => {
  const twin = await createAuthority({ name: 'Loopback test authority' });
  const certificate = new X509Certificate((await leaf()).cert);
  assert.equal(isIssuedBy(certificate, new X509Certificate(authority.cert)), true);
  assert.equal(isIssuedBy(certificate, new X509Certificate(twin.cert)), false);
  assert.equal(isIssuedBy(certificate, certificate), false);
});

test('K15 pins without a backup, doubled or malformed are refused before anything is called', async (t) => {
  const outbound = openOutbound(t);
  const [one, two] = [pinOf(new X509Certificate(authority.cert)), pinOf(new X509Certificate(stranger.cert))];
  for (const pins of [
    [one],
    [one, one],
    [one, 'x'],
    [one, two.slice(0, -1)],
    [one, `${two} `],
    Array.from({ length: 9 }, () => one),
  ]) {
    assert.equal(checkPins(pins).ok, false);
    await faultOf(outbound.call(callOf('https://platform.test', { pins })), 'INVALID_REQUEST');
  }
  assert.deepEqual(checkPins([one, two]), { ok: true });
});

test('a connection that is reset or silent in the handshake is no trust, and nothing was sent', async (t) => {
  const resetting = await listening(
    t,
    createServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
  );
  const closing = await listening(
    t,
    createServer((socket) => socket.end()),
  );
  const talking = await listening(
    t,
    createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')),
  );
  for (const { origin } of [resetting, closing, talking]) {
    assert.equal(
      mayHaveBeenSent(await faultOf(openOutbound(t).call(callOf(origin)), 'OUTBOUND_TLS_FAILED')),
      false,
    );
  }
  const silent = await listening(
    t,
    createServer((socket) => socket.resume()),
  );
  const outbound = openOutbound(t, { limit: { outboundConnectTimeoutMs: 1_000 } });
  const fault = await faultOf(outbound.call(callOf(silent.origin)), 'OUTBOUND_CONNECT_FAILED');
  assert.match(fault.detail, /during the TLS handshake/);
  assert.equal(mayHaveBeenSent(fault), false);
  await silent.drained();
});

function parseHello(record: Buffer): { suites: number[]; extensions: Map<number, Buffer> } {
  let at = 5 + 4 + 2 + 32;
  at += 1 + record.readUInt8(at);
  const suitesLength = record.readUInt16BE(at);
  const suites = Array.from({ length: suitesLength / 2 }, (_, index) =>
    record.readUInt16BE(at + 2 + index * 2),
  );
  at += 2 + suitesLength;
  at += 1 + record.readUInt8(at) + 2;
  const extensions = new Map<number, Buffer>();
  while (at < record.length) {
    const length = record.readUInt16BE(at + 2);
    extensions.set(record.readUInt16BE(at), record.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { suites, extensions };
}
