// What is sent is exactly what was asked for: the same bytes of the target, no header that ends another, framing and
// hop-by-hop fields of ours alone, bodies with back-pressure, and no half body that looks whole.
// U14, K16, P7. Trap "Calling out": drop hop-by-hop headers and headers named by Connection. Trap "Request signatures and
// keys": sign and route the same raw bytes of the request target.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#base';
import type { HeaderField, OutboundCall } from './call.ts';
import { mayHaveBeenSent } from './faults.ts';
import { callOf, faultOf, openOutbound, serve, serveRaw, textOf } from './loopback-server.fixture.ts';
import { prepareHeaders } from './request.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

test('the request is sent byte for byte', async (t) => {
  let received = '';
  const server = await serveRaw(t, (socket) =>
    socket.on('data', (piece) => {
      received += piece.toString('latin1');
      if (received.endsWith('{"a":1.0}')) socket.end(OK);
    }),
  );
  const target = '/a/../%2e%2E/./b//c\\d;e=%zz?x=[1]|{2}^`"<>&y=/../';
  const headers: HeaderField[] = [
    ['X-One', ' a  b\t'],
    ['x-two', 'caf\xe9'],
    ['x-one', 'again'],
  ];
  const body = Buffer.from('{"a":1.0}');
  await (
    await openOutbound(t).call(callOf(server.origin, { target, method: 'POST', headers, body }))
  ).discard();
  assert.equal(
    received,
    `POST ${target} HTTP/1.1\r\nhost: platform.test:${server.port}\r\nconnection: keep-alive\r\nx-one:  a  b\t\r\nx-two: caf\xe9\r\nx-one: again\r\n` +
      'accept-encoding: identity\r\ncontent-length: 9\r\n\r\n{"a":1.0}',
  );
});

test('U14 nothing in a name, a value, a method or a target ends a field or begins a request', () => {
  const bad: Partial<OutboundCall>[] = [
    ...['a\r\nx: y', 'a\nb', 'a\rb', 'a\0b', 'a\x7f', '\u0100', '\u560a\u560d', '😀'].map((value) => ({
      headers: [['x-a', value] as const],
    })),
    ...['', 'a b', 'a:', 'a\r\n', 'é', 'a\0', '(a)', 'x\u0130'].map((name) => ({
      headers: [[name, 'v'] as const],
    })),
    ...['', 'get', 'CONNECT', 'TRACE', 'PRI', 'GET /x HTTP/1.1\r\n', 'G ET', 'M-SEARCH'].map((method) => ({
      method,
    })),
    ...[
      '',
      'x',
      '*',
      'https://a.example/',
      '/a b',
      '/a\r\nx: y',
      '/a\0',
      '/é',
      '/#f',
      '/\u0120',
      `/${'a'.repeat(20_000)}`,
    ].map((target) => ({ target })),
    ...['expect', 'Expect', 'upgrade', 'Trailer', 'http2-settings'].map((name) => ({
      headers: [[name, 'x'] as const],
    })),
    ...['authorization', 'Content-Type', 'idempotency-key'].map((name) => ({
      headers: [
        [name, 'a'],
        [name.toLowerCase(), 'b'],
      ] as const,
    })),
    { headers: Array.from({ length: 201 }, (_, index) => [`x-${index}`, ''] as const) },
    ...[-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map((bodyBytes) => ({
      method: 'POST',
      body: pieces(),
      bodyBytes,
    })),
  ];
  for (const call of bad) {
    const thrown = thrownBy(() => prepareHeaders(callOf('https://platform.test', call)));
    assert.ok(thrown instanceof Fault && thrown.code === 'INVALID_REQUEST', JSON.stringify(call));
    assert.equal(mayHaveBeenSent(thrown), false);
  }
});

test('U14 whatever headers are accepted, the server reads the same ones', async (t) => {
  const server = await serve(t, (request, response) => response.end(JSON.stringify(request.rawHeaders)));
  const outbound = openOutbound(t);
  const name = fc.oneof(fc.stringMatching(/^x-[a-z]{1,5}$/), fc.string({ unit: 'binary', maxLength: 4 }));
  const value = fc.oneof(
    fc.stringMatching(/^[!-~][ -~]{0,5}[!-~]$/),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 4 }), async (headers) => {
      const call = callOf(server.origin, { headers });
      const sent = thrownBy(() => prepareHeaders(call));
      if (sent instanceof Fault) return void (await faultOf(outbound.call(call), 'INVALID_REQUEST'));
      const read: unknown = JSON.parse(await textOf(await outbound.call(call)));
      const trimmed = prepareHeaders(call).map((text, index) =>
        index % 2 === 1 ? text.replace(/^[ \t]+|[ \t]+$/g, '') : text,
      );
      assert.deepEqual(read, [
        'host',
        `platform.test:${server.port}`,
        'connection',
        'keep-alive',
        ...trimmed,
      ]);
    }),
    { numRuns: 200, seed: 26 },
  );
});

test('P7 hop-by-hop fields, those named by Connection, and host and framing are ours alone', async (t) => {
  const server = await serve(t, (request, response) => response.end(JSON.stringify(request.rawHeaders)));
  const headers: HeaderField[] = [
    ['Connection', 'close, X-Hop , x-two'],
    ['X-Hop', '1'],
    ['x-two', '2'],
    ['Keep-Alive', 'timeout=1'],
    ['Proxy-Authorization', 'Basic eA=='],
    ['Proxy-Connection', 'close'],
    ['TE', 'trailers'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '999'],
    ['Host', 'evil.example'],
    ['Accept-Encoding', 'gzip, br'],
    ['x-kept', '3'],
  ];
  const read = await textOf(
    await openOutbound(t).call(callOf(server.origin, { method: 'POST', body: Buffer.from('hi'), headers })),
  );
  assert.deepEqual(JSON.parse(read), [
    'host',
    `platform.test:${server.port}`,
    'connection',
    'keep-alive',
    'x-kept',
    '3',
    'accept-encoding',
    'identity',
    'content-length',
    '2',
  ]);
});

test('a streamed body is sent in chunks, or with its length when that is known', async (t) => {
  const server = await serve(t, async (request, response) => {
    let text = '';
    for await (const piece of request) text += String(piece);
    response.end(`${request.headers['transfer-encoding']} ${request.headers['content-length']} ${text}`);
  });
  const outbound = openOutbound(t);
  const post = { method: 'POST' };
  assert.equal(
    await textOf(await outbound.call(callOf(server.origin, { ...post, body: pieces('a', '', 'bc') }))),
    'chunked undefined abc',
  );
  assert.equal(
    await textOf(
      await outbound.call(callOf(server.origin, { ...post, body: pieces('a', 'bc'), bodyBytes: 3 })),
    ),
    'undefined 3 abc',
  );
  assert.equal(
    await textOf(await outbound.call(callOf(server.origin, { ...post, body: pieces() }))),
    'undefined 0 ',
  );
  assert.equal(
    await textOf(await outbound.call(callOf(server.origin, { ...post, body: pieces(), bodyBytes: 0 }))),
    'undefined 0 ',
  );
  assert.equal(
    await textOf(await outbound.call(callOf(server.origin, { ...post, body: new Uint8Array(0) }))),
    'undefined 0 ',
  );
  assert.equal(server.accepted(), 1);
});

test('a streamed body of another length than announced fails, and its connection is not used again', async (t) => {
  const bodies: string[] = [];
  const server = await serve(t, async (request, response) => {
    try {
      for await (const piece of request) bodies.push(String(piece));
      bodies.push('end');
    } catch {
      bodies.push('cut');
    }
    response.end();
  });
  const outbound = openOutbound(t);
  for (const [body, bodyBytes] of [
    [pieces('abc'), 4],
    [pieces('abc', 'de'), 4],
    [pieces(), 1],
  ] as const) {
    await faultOf(
      outbound.call(callOf(server.origin, { method: 'POST', body, bodyBytes })),
      'LENGTH_MISMATCH',
    );
  }
  await server.drained();
  assert.ok(!bodies.includes('end'), 'the server never saw a whole body');
});

test('a source that fails aborts the request: its fault is the one that is thrown', async (t) => {
  const seen: string[] = [];
  const server = await serve(t, (request) => {
    request.on('data', (piece) => seen.push(String(piece)));
    request.on('end', () => seen.push('end'));
    request.on('error', () => undefined);
  });
  const outbound = openOutbound(t);
  const ours = new Fault('BODY_TOO_LARGE');
  const fault = await faultOf(
    outbound.call(callOf(server.origin, { method: 'POST', body: failing(ours, 'part') })),
    'BODY_TOO_LARGE',
  );
  assert.equal(fault, ours);
  assert.equal(mayHaveBeenSent(fault), true);
  await server.drained();
  assert.deepEqual(seen, ['part']);
  const early = await faultOf(
    outbound.call(callOf(server.origin, { method: 'POST', body: failing(new Error('disk')) })),
    'OUTBOUND_CANCELLED',
  );
  assert.equal(
    mayHaveBeenSent(early),
    false,
    'it failed before its first piece: not even the headers were written',
  );
  await server.drained();
  const throwing: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      throw new Error('no iterator');
    },
  };
  await faultOf(
    outbound.call(callOf(server.origin, { method: 'POST', body: throwing })),
    'OUTBOUND_CANCELLED',
  );
});

test('back-pressure reaches the source: a server that does not read stops it', async (t) => {
  const { promise: go, resolve } = Promise.withResolvers<void>();
  let received = 0;
  const server = await serve(t, async (request, response) => {
    await go;
    for await (const piece of request) received += (piece as Uint8Array).length;
    response.end();
  });
  let given = 0;
  const piece = new Uint8Array(64 * 1024);
  const total = 512;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (; given < total; given += 1) yield piece;
  }
  const call = openOutbound(t).call(callOf(server.origin, { method: 'POST', body: source() }));
  await settled(() => given);
  assert.ok(given < total, 'the source stopped before its end');
  resolve();
  await (await call).discard();
  assert.equal(received, total * piece.length);
});

test('an early answer lets the source go', async (t) => {
  let left = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield new Uint8Array(1024);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      left = true;
    }
  }
  const server = await serve(t, (_request, response) => response.writeHead(413).end('enough'));
  const answer = await openOutbound(t).call(callOf(server.origin, { method: 'POST', body: endless() }));
  assert.equal(answer.status, 413);
  assert.equal(await textOf(answer), 'enough');
  await server.drained();
  assert.ok(left);
});

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* failing(error: Error, ...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
  await new Promise((resolve) => setImmediate(resolve));
  throw error;
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}

/** Waits until a number stays the same for a hundred turns of the event loop. */
async function settled(read: () => number): Promise<void> {
  for (let same = 0, last = -1; same < 100; same = read() === last ? same + 1 : 0) {
    last = read();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
