// TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only; the post-quantum hybrid wherever it is offered.
// K8 Q14; trap "Node's default TLS offers CBC and static-RSA suites".
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect as connectPlain, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { withRaw } from '#test/raw';
import { withListener } from './http.fixture.ts';

const listener = await withListener({ after });
const port = Number(new URL(listener.url).port);

function dial(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: listener.ca, servername: 'localhost', ...options });
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket)).once('error', reject);
  });
}

test('Q14 TLS 1.3 and the hybrid X25519MLKEM768 with the ordinary client of Node', async () => {
  const socket = await dial({});
  assert.equal(socket.getProtocol(), 'TLSv1.3');
  assert.match(socket.getCipher().name, /^TLS_AES_256_GCM_SHA384$/);
  socket.destroy();
  const { stdout } = await run(['-tls1_3', '-groups', 'X25519MLKEM768:X25519']);
  if (stdout !== null) assert.match(stdout, /X25519MLKEM768/);
});

test('Q14 a client that offers only the hybrid is served', async () => {
  const socket = await dial({ ecdhCurve: 'X25519MLKEM768', minVersion: 'TLSv1.3' });
  assert.equal(socket.getProtocol(), 'TLSv1.3');
  socket.destroy();
});

test('Q14 TLS 1.2 with each suite of ours', async () => {
  for (const ciphers of [
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
  ]) {
    const socket = await dial({ maxVersion: 'TLSv1.2', ciphers });
    assert.equal(socket.getProtocol(), 'TLSv1.2');
    assert.equal(socket.getCipher().name, ciphers);
    socket.destroy();
  }
});

const REFUSED: Readonly<Record<string, ConnectionOptions>> = {
  'CBC with ECDHE': {
    maxVersion: 'TLSv1.2',
    ciphers: 'ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA',
  },
  'static RSA': { maxVersion: 'TLSv1.2', ciphers: 'AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA' },
  'finite-field DHE': { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES256-GCM-SHA384' },
  'anonymous and empty encryption': { maxVersion: 'TLSv1.2', ciphers: 'aNULL:eNULL:@SECLEVEL=0' },
  'TLS 1.1': { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
  'TLS 1.0': { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
  'another protocol than HTTP/1.1': { ALPNProtocols: ['h2'] },
};

for (const [name, options] of Object.entries(REFUSED)) {
  test(`Q14 refuses ${name}`, async () => {
    await assert.rejects(dial(options));
  });
}

test('Q14 a TLS 1.2 session is not renegotiated', async (t) => {
  const { socket, closed } = await withRaw(t, { ...listener, tls: { maxVersion: 'TLSv1.2' } });
  socket.renegotiate({}, () => undefined);
  await closed;
});

test('Q14 a handshake that arrives byte by byte is one all the same', async (t) => {
  const upstream = connectPlain({ port, host: '127.0.0.1', noDelay: true });
  const trickle = async (downstream: Socket): Promise<void> => {
    upstream.pipe(downstream).on('error', () => undefined);
    for await (const bytes of downstream as AsyncIterable<Buffer>) {
      for (const byte of bytes.subarray(0, 20)) {
        await new Promise((resolve) => upstream.write(Uint8Array.of(byte), resolve));
        await turn();
      }
      upstream.write(bytes.subarray(20));
    }
  };
  const proxy = createServer((downstream) => void trickle(downstream).catch(() => undefined));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => (upstream.destroy(), proxy.close()));
  const { port: between } = proxy.address() as AddressInfo;
  const raw = await withRaw(t, { url: `https://127.0.0.1:${between}`, ca: listener.ca });
  raw.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
  assert.equal((await raw.answer()).status, 200);
  raw.socket.destroy();
});

/** The system's openssl, where there is one that knows the group: it shows which was chosen. */
function run(args: readonly string[]): Promise<{ stdout: string | null }> {
  return new Promise((resolve) => {
    const all = ['s_client', '-connect', `127.0.0.1:${port}`, ...args];
    const child = execFile('openssl', all, (error, stdout) => {
      resolve({ stdout: error === null && stdout.includes('Server Temp Key') ? stdout : null });
    });
    child.stdin?.end();
  });
}
