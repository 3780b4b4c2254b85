// An answer is what the server sent, whole, or a fault: never cut, never longer than allowed, never the next one's, and
// nothing a server sends or withholds takes memory or time beyond the limits.
// U14 (time limits), K6. Trap "Calling out": follow no redirects.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { Limits } from '#base';
import type { OutboundAnswer } from './call.ts';
import { mayHaveBeenSent } from './faults.ts';
import {
  callOf,
  faultOf,
  type LoopbackServer,
  openOutbound,
  serve,
  serveRaw,
  textOf,
} from './loopback-server.fixture.ts';

/** Answers every request with these bytes. */
function script(...pieces: (string | null)[]): (socket: TLSSocket) => void {
  return (socket) =>
    socket.on('data', () => {
      for (const piece of pieces) {
        if (piece === null) socket.end();
        else socket.write(piece, 'latin1');
      }
    });
}

async function read(answer: Promise<OutboundAnswer>): Promise<string> {
  return textOf(await answer);
}

test('K6 a redirect is an answer: nobody follows it', async (t) => {
  const asked: string[] = [];
  const server = await serve(t, (request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(302, { location: '/elsewhere' }).end('moved');
  });
  const answer = await openOutbound(t).call(callOf(server.origin, { target: '/first' }));
  assert.equal(answer.status, 302);
  assert.ok(answer.headers.some(([name, value]) => name === 'location' && value === '/elsewhere'));
  assert.equal(await textOf(answer), 'moved');
  assert.deepEqual(asked, ['/first']);
});

test('headers arrive as they were sent, repeated ones too, hop-by-hop ones not', async (t) => {
  const server = await serveRaw(
    t,
    script(
      'HTTP/1.1 201 Created\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-A:  caf\xe9 \r\nConnection: keep-alive, X-Hop\r\n' +
        'X-Hop: 1\r\nKeep-Alive: timeout=9\r\nContent-Length: 2\r\n\r\nok',
    ),
  );
  const answer = await openOutbound(t).call(callOf(server.origin));
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.headers, [
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['x-a', 'caf\xe9'],
    ['content-length', '2'],
  ]);
  assert.equal(await textOf(answer), 'ok');
});

test('answers without a body, in chunks, and until the end of the connection are read', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['GET', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n', ''],
    ['HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n', ''],
    [
      'GET',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\ntrailer: dropped\r\n\r\n',
      'abcde',
    ],
    ['GET', 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end', 'until the end'],
    ['GET', 'HTTP/1.0 200 OK\r\n\r\nold', 'old'],
  ];
  for (const [method, bytes, text] of cases) {
    const server = await serveRaw(
      t,
      bytes.includes('until') || bytes.includes('old') ? script(bytes, null) : script(bytes),
    );
    assert.equal(await read(openOutbound(t).call(callOf(server.origin, { method }))), text);
  }
});

test('informational answers are passed over, and bounded', async (t) => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
  const few = await serveRaw(t, script(hint.repeat(8), 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
  assert.equal(await read(openOutbound(t).call(callOf(few.origin))), 'ok');
  const many = await serveRaw(t, script(hint.repeat(9)));
  const fault = await faultOf(openOutbound(t).call(callOf(many.origin)), 'OUTBOUND_RESPONSE_INVALID');
  assert.equal(mayHaveBeenSent(fault), true);
  await many.drained();
});

test('what is not HTTP is no answer', async (t) => {
  for (const bytes of [
    'SSH-2.0-OpenSSH_9.6\r\n',
    'HTTP/1.1 abc\r\n\r\n',
    'HTTP/9.9 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nbad header\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 0x5\r\n\r\nabcde',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    'HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n',
  ]) {
    const server = await serveRaw(t, script(bytes));
    const fault = await faultOf(
      openOutbound(t)
        .call(callOf(server.origin))
        .then((answer) => answer.bytes(99)),
      'OUTBOUND_RESPONSE_INVALID',
    );
    assert.equal(mayHaveBeenSent(fault), true);
    assert.ok(
      !fault.detail.includes('OpenSSH') && !fault.detail.includes('abcde'),
      'no byte of the answer is told',
    );
    await server.drained();
  }
});

test('a chunk that is no chunk breaks the body', async (t) => {
  const server = await serveRaw(
    t,
    script('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n'),
  );
  await faultOf(
    openOutbound(t)
      .call(callOf(server.origin))
      .then((answer) => answer.bytes(99)),
    'OUTBOUND_RESPONSE_INVALID',
  );
});

test('an answer that is cut off is broken, however it ends', async (t) => {
  const heads = [
    'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n',
    'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n\r\nhalf',
    'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf',
  ];
  for (const head of heads) {
    for (const reset of [false, true]) {
      const server = await serveRaw(t, (socket) =>
        socket.once('data', () => socket.write(head, () => (reset ? resetAll(server) : socket.end()))),
      );
      const received: string[] = [];
      const reading = openOutbound(t)
        .call(callOf(server.origin))
        .then(async (answer) => {
          for await (const piece of answer.body) received.push(Buffer.from(piece).toString());
        });
      assert.equal(mayHaveBeenSent(await faultOf(reading, 'OUTBOUND_BROKEN')), true);
    }
  }
});

test('an answer longer than announced is broken, and its connection is not used again', async (t) => {
  for (const rest of ['x', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong', '\0\0\0']) {
    const server = await serveRaw(t, script(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${rest}`));
    const outbound = openOutbound(t);
    await faultOf(
      outbound.call(callOf(server.origin)).then((answer) => answer.bytes(99)),
      'OUTBOUND_BROKEN',
    );
    await server.drained();
  }
});

test('an answer nobody asked for closes an idle connection and is never taken for the next', async (t) => {
  const sockets: TLSSocket[] = [];
  const server = await serveRaw(t, (socket) => {
    sockets.push(socket);
    script('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nright')(socket);
  });
  const outbound = openOutbound(t);
  assert.equal(await read(outbound.call(callOf(server.origin))), 'right');
  sockets[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong');
  await server.drained();
  assert.equal(await read(outbound.call(callOf(server.origin))), 'right');
  assert.equal(server.accepted(), 2);
});

test('U14 a server that says nothing ends with the headers time limit', async (t) => {
  await timesOut(t, () => undefined, {
    limit: { outboundHeadersTimeoutMs: 40 },
    phase: /nothing came in time while waiting for the answer/,
  });
});

test('U14 a server that drips its headers ends with the headers time limit', async (t) => {
  const bytes = `HTTP/1.1 200 OK\r\nx-slow: ${'a'.repeat(1_000)}`;
  await timesOut(t, dripping(bytes), {
    limit: { outboundHeadersTimeoutMs: 100 },
    phase: /nothing came in time while waiting for the answer/,
  });
});

test('U14 informational answers do not extend the headers time limit', async (t) => {
  const drip = dripping('HTTP/1.1 102 Processing\r\n\r\n', { whole: true, times: 5 });
  await timesOut(t, drip, {
    limit: { outboundHeadersTimeoutMs: 100 },
    phase: /while waiting for the answer/,
  });
});

test('U14 a body that stops ends with the body time limit', async (t) => {
  const start = script('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
  await timesOut(t, start, {
    limit: { outboundBodyTimeoutMs: 40 },
    phase: /nothing came in time while reading the answer/,
  });
});

test('U14 a body that drips ends with the total time limit', async (t) => {
  const drip = dripping(`HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n${'a'.repeat(50_000)}`);
  await timesOut(t, drip, {
    limit: { outboundTotalTimeoutMs: 200, outboundBodyTimeoutMs: 10_000 },
    phase: /took too long/,
  });
});

test('U14 a server that does not read a large body ends with the headers time limit', async (t) => {
  const server = await serveRaw(t, (socket) => socket.pause());
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield new Uint8Array(64 * 1024);
  }
  const call = openOutbound(t, { limit: { outboundHeadersTimeoutMs: 60 } }).call(
    callOf(server.origin, { method: 'POST', body: endless() }),
  );
  assert.match((await faultOf(call, 'OUTBOUND_TIMEOUT')).detail, /while sending the request/);
});

test('endless headers end at the limit of headers', async (t) => {
  const server = await serveRaw(t, (socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write(`x-${'a'.repeat(100)}: ${'b'.repeat(900)}\r\n`)) continue;
      };
      socket.on('drain', more);
      more();
    }),
  );
  await faultOf(openOutbound(t).call(callOf(server.origin)), 'OUTBOUND_RESPONSE_TOO_LARGE');
  await server.drained();
});

test('an endless body ends at the limit of bodies, counted as it arrives', async (t) => {
  for (const head of ['transfer-encoding: chunked', 'connection: close']) {
    const server = await serveRaw(t, (socket) => socket.once('data', () => flood(socket, head)));
    const answer = await openOutbound(t, { limit: { outboundResponseBytesMax: 300_000 } }).call(
      callOf(server.origin),
    );
    let received = 0;
    const reading = (async () => {
      for await (const piece of answer.body) received += piece.length;
    })();
    await faultOf(reading, 'OUTBOUND_RESPONSE_TOO_LARGE');
    assert.ok(received <= 300_000);
    await server.drained();
  }
});

test('an announced length over the limit is refused before a byte of it is read', async (t) => {
  const server = await serve(t, (_request, response) =>
    response.writeHead(200, { 'content-length': 301 }).end('a'.repeat(301)),
  );
  const outbound = openOutbound(t);
  await faultOf(
    outbound.call(callOf(server.origin, { responseBytesMax: 300 })),
    'OUTBOUND_RESPONSE_TOO_LARGE',
  );
  assert.equal((await read(outbound.call(callOf(server.origin, { responseBytesMax: 301 })))).length, 301);
  await faultOf(
    outbound.call(callOf(server.origin)).then((answer) => answer.bytes(300)),
    'OUTBOUND_RESPONSE_TOO_LARGE',
  );
  const small = openOutbound(t, { limit: { outboundResponseBytesMax: 100 } });
  await faultOf(
    small.call(callOf(server.origin, { responseBytesMax: 1 << 30 })),
    'OUTBOUND_RESPONSE_TOO_LARGE',
  );
});

test('memory is bounded while a huge answer is not read: the server is stopped', async (t) => {
  let sent = 0;
  const server = await serveRaw(t, (socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 200000000\r\n\r\n');
      const piece = Buffer.alloc(64 * 1024);
      const more = (): void => {
        do sent += piece.length;
        while (socket.write(piece) && sent < 200_000_000);
      };
      socket.on('drain', more);
      more();
    }),
  );
  const answer = await openOutbound(t, { limit: { outboundResponseBytesMax: 256 * 1024 * 1024 } }).call(
    callOf(server.origin),
  );
  for (let same = 0, last = -1; same < 50; same = sent === last ? same + 1 : 0) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(sent < 20_000_000, `${sent} bytes were taken by nobody`);
  // The reader leaves: the connection goes with it.
  for await (const piece of answer.body) {
    assert.ok(piece.length > 0);
    break;
  }
  await server.drained();
});

test('a paused answer goes on where it stopped', async (t) => {
  const whole = Buffer.alloc(3_000_000, 'abcdefg');
  const server = await serve(t, (_request, response) => response.end(whole));
  const answer = await openOutbound(t).call(callOf(server.origin));
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.body) {
    pieces.push(piece);
    if (pieces.length % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(Buffer.concat(pieces).equals(whole));
  await (await openOutbound(t).call(callOf(server.origin))).discard();
});

test('a discarded short answer keeps its connection, a long one closes it', async (t) => {
  const server = await serve(t, (request, response) => {
    if (request.url === '/chunked') response.write('a');
    response.end('a'.repeat(request.url === '/long' ? 10_000_000 : 1_000));
  });
  const outbound = openOutbound(t);
  for (const target of ['/short', '/chunked', '/short'])
    await (await outbound.call(callOf(server.origin, { target }))).discard();
  assert.equal(server.accepted(), 1);
  await (await outbound.call(callOf(server.origin, { target: '/long' }))).discard();
  await server.drained();
});

/** Resets the connections below TLS. */
function resetAll(server: LoopbackServer): void {
  for (const socket of server.sockets) socket.resetAndDestroy();
}

async function timesOut(
  t: Parameters<typeof openOutbound>[0],
  play: (socket: TLSSocket) => void,
  { limit, phase }: { limit: Partial<Limits>; phase: RegExp },
): Promise<void> {
  const server = await serveRaw(t, (socket) => {
    socket.resume();
    play(socket);
  });
  const fault = await faultOf(
    openOutbound(t, { limit })
      .call(callOf(server.origin))
      .then((answer) => answer.bytes(1 << 20)),
    'OUTBOUND_TIMEOUT',
  );
  assert.match(fault.detail, phase);
  assert.equal(mayHaveBeenSent(fault), true);
  await server.drained();
}

function dripping(
  bytes: string,
  { whole = false, times = bytes.length }: { whole?: boolean; times?: number } = {},
): (socket: TLSSocket) => void {
  return (socket) => {
    let at = 0;
    const timer = setInterval(() => {
      if (socket.destroyed || at >= times) return clearInterval(timer);
      socket.write(whole ? bytes : bytes.charAt(at));
      at += 1;
    }, 5);
    socket.on('close', () => clearInterval(timer));
  };
}

function flood(socket: TLSSocket, head: string): void {
  socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
  const piece = head.includes('chunked') ? `1000\r\n${'a'.repeat(0x1000)}\r\n` : 'a'.repeat(0x1000);
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece)) continue;
  };
  socket.on('drain', more);
  more();
}
