// Plain HTTP is answered once, without reading a body: 403 for an API, a redirect to the configured address for a page.
// K8 U6 L4 P10 Q14; RFC 6797 section 7.2.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { FAULTS } from '#base';
import { withRaw } from '#test/raw';
import { canary } from '../../../tools/leaks/canaries.ts';
import { withListener } from './http.fixture.ts';

const listener = await withListener(
  { after },
  { plainPort: 0, ports: { publicUrl: 'https://gateway.example' } },
);
const PORTS = { 'the TLS port': listener.port, 'the plain port': listener.plainPort ?? 0 };

interface PlainAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Everything that comes back until the connection is over. */
async function exchange(port: number, ...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => received.push(bytes)).on('error', () => undefined);
  const closed = closeOf(socket);
  for (const piece of pieces) if (socket.writable) socket.write(piece);
  await closed;
  return Buffer.concat(received).toString('latin1');
}

function parse(text: string): PlainAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, 'one answer');
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]), head, body: rest.join('\r\n\r\n') };
}

function assertRefused(text: string, detail = /in the clear\. /): void {
  const { status, head, body } = parse(text);
  const problem: unknown = JSON.parse(body);
  assert.equal(status, 403);
  assert.ok(typeof problem === 'object' && problem !== null && 'code' in problem && 'detail' in problem);
  assert.equal(problem.code, 'PLAIN_HTTP');
  assert.match(String(problem.detail), detail);
  assert.match(head, /^content-type: application\/problem\+json\r?$/m);
  assert.match(head, /^connection: close\r?$/m);
  assert.match(head, /^date: \w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT\r?$/m);
  assert.match(head, /^x-request-id: req_/m);
  assert.doesNotMatch(head, /strict-transport-security|location/i);
}

const request = (line: string, ...fields: readonly string[]): string =>
  `${[line, 'Host: evil.example', ...fields].join('\r\n')}\r\n\r\n`;

for (const [name, port] of Object.entries(PORTS)) {
  test(`K8 403 on ${name} for every path that is no page, whatever the method`, async () => {
    for (const line of [
      'GET /livez HTTP/1.1',
      'GET /nothing HTTP/1.0',
      'POST / HTTP/1.1',
      'POST /in/end_x HTTP/1.1',
      'POST /console HTTP/1.1',
      'GET /consoles HTTP/1.1',
      'GET /console/../admin HTTP/1.1',
      'GET //evil.example/ HTTP/1.1',
      'GET http://evil.example/ HTTP/1.1',
      'OPTIONS * HTTP/1.1',
      'CONNECT evil.example:443 HTTP/1.1',
      'PRI * HTTP/2.0',
    ])
      assertRefused(await exchange(port, request(line)));
    const head = parse(await exchange(port, request('HEAD /livez HTTP/1.1')));
    assert.equal(head.status, 403);
    assert.equal(head.body, '');
  });

  test(`K8 a page on ${name} is redirected to the configured address, whatever host it names`, async () => {
    for (const path of ['/', '/console', '/console/', '/console/keys?page=2']) {
      for (const method of ['GET', 'HEAD']) {
        const { status, head, body } = parse(await exchange(port, request(`${method} ${path} HTTP/1.1`)));
        assert.equal(status, 308);
        assert.match(
          head,
          new RegExp(`^location: https://gateway\\.example${path.replace('?', '\\?')}\\r?$`, 'm'),
        );
        assert.doesNotMatch(head, /evil|strict-transport/);
        assert.equal(body, '');
      }
    }
  });

  test(`K8 a credential that came in the clear on ${name} is named, and never given back`, async () => {
    const key = canary('bearerToken');
    for (const text of [
      request('GET /api/v1/x HTTP/1.1', `Authorization: Bearer ${key}`),
      request('GET / HTTP/1.1', `authorization : Basic ${key}`),
      request('GET /console HTTP/1.1', `Proxy-Authorization: Bearer ${key}`),
      request(`GET /console?key=sk%5Flive_syp_x HTTP/1.1`),
    ]) {
      const answer = await exchange(port, text);
      assertRefused(answer, /replace that credential/);
      assert.ok(!answer.includes(key));
    }
  });

  test(`K8 one answer on ${name}: no body is read, no second request is seen`, async () => {
    const post = request('POST /in/end_x HTTP/1.1', 'Content-Length: 1000000000');
    assertRefused(await exchange(port, post, Buffer.alloc(64 * 1024, 97)));
    assertRefused(
      await exchange(
        port,
        request('POST /x HTTP/1.1', 'Transfer-Encoding: chunked'),
        '5\r\nhello\r\n0\r\n\r\n',
      ),
    );
    assertRefused(await exchange(port, request('GET /x HTTP/1.1') + request('GET / HTTP/1.1')));
    assertRefused(
      await exchange(port, request('GET /x HTTP/1.1', 'Content-Length: 0', 'Transfer-Encoding: chunked')),
    );
    // Answered at its limit, though its headers never end.
    assertRefused(await exchange(port, `GET /x HTTP/1.1\r\nX: ${'a'.repeat(20_000)}`));
    assertRefused(await exchange(port, `GET /${'a'.repeat(20_000)}`));
  });

  test(`K8 whoever speaks another protocol on ${name} is closed without a word`, async () => {
    for (const bytes of [
      'SSH-2.0-x\r\n',
      '\x00\x01',
      '\r\n\r\n',
      'get / HTTP/1.1\r\n\r\n',
      '\x80\x2e\x01',
      'A'.repeat(30),
    ])
      assert.equal(await exchange(port, Buffer.from(bytes, 'latin1')), '');
  });

  test(`K8 no bytes on ${name} get more than one answer, or anything else than a refusal or a redirect to us`, async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'GET ',
        '/',
        '/console',
        ' HTTP/1.1',
        '\r\n',
        '\r\n\r\n',
        '\n',
        '\0',
        ':',
        'Host: x',
        '@evil.example',
        '\\',
      ),
      fc.string({ maxLength: 8 }),
    );
    const path = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(path, fc.array(piece, { maxLength: 4 }), async (target, rest) => {
        const answer = await exchange(
          port,
          Buffer.from(`GET ${target} HTTP/1.1\r\n${rest.join('')}\r\n\r\n`),
        );
        if (answer === '') return;
        const { status, head } = parse(answer);
        assert.ok(status === 403 || status === 308);
        assert.equal(
          head
            .split('\r\n')
            .every((line) => /^(?:HTTP\/1\.1 \d{3} [\w ]+|[a-z-]+: [\x20-\x7e]*)$/.test(line)),
          true,
          head,
        );
        const location = /^location: (.*?)\r?$/m.exec(head)?.[1];
        if (status === 308) assert.equal(new URL(location ?? '').origin, 'https://gateway.example');
      }),
      { numRuns: 60, seed: 26 },
    );
  });
}

test('K8 a request that arrives byte by byte gets its answer, and one that never ends is closed in time', async (t) => {
  const slow = await withListener(t, {
    plainPort: 0,
    limits: { headersTimeoutMs: 1_000, handshakeTimeoutMs: 1_000 },
  });
  for (const port of [slow.port, slow.plainPort ?? 0]) {
    const socket: Socket = connect(port, '127.0.0.1');
    const received: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => received.push(bytes)).setNoDelay(true);
    const closed = closeOf(socket);
    for (const byte of request('GET /x HTTP/1.1'))
      await new Promise((resolve) => socket.write(byte, resolve));
    await closed;
    assertRefused(Buffer.concat(received).toString('latin1'));
    assert.equal(await exchange(port, 'GET / HTTP/1.1\r\nHost'), '');
    assert.equal(await exchange(port), '');
  }
});

test('K8 nothing is redirected where nobody said to which address', async (t) => {
  const named = await withListener(t, { plainPort: 0 });
  const { head } = parse(await exchange(named.plainPort ?? 0, request('GET / HTTP/1.1')));
  assert.match(head, new RegExp(`^location: https://127\\.0\\.0\\.1:${named.port}/\\r?$`, 'm'));
  const clear = await withListener(t, { ports: { publicUrl: 'http://gateway.example' } });
  assert.match(
    parse(await exchange(clear.port, request('GET / HTTP/1.1'))).head,
    /^location: https:\/\/127/m,
  );
  const all = await withListener(t, { host: '0.0.0.0' });
  assertRefused(await exchange(all.port, request('GET / HTTP/1.1')));
});

test('Q14 every answer over TLS says HSTS and the date, also where no request could be understood', async (t) => {
  for (const bytes of [
    'GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n',
    'GET /nowhere HTTP/1.1\r\nHost: gateway\r\n\r\n',
    'GET /\r\n\r\n',
    `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
    'CONNECT evil.example:443 HTTP/1.1\r\nHost: gateway\r\n\r\n',
  ]) {
    const raw = await withRaw(t, listener);
    raw.send(bytes);
    const { headers } = await raw.answer();
    assert.equal(headers['strict-transport-security'], 'max-age=31536000', bytes.slice(0, 20));
    assert.match(String(headers['date']), / GMT$/, bytes.slice(0, 20));
  }
  assert.equal(FAULTS.PLAIN_HTTP.status, 403);
});

/** Whether it ended well or with an error. */
function closeOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}
