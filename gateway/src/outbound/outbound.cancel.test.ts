// A call that is cancelled, times out or is abandoned ends at once in every phase, leaves no open socket, and says
// truly whether anything may have been sent.
// U14. Trap "Calling out": the caller who cancels must not cancel the others.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { mayHaveBeenSent } from './faults.ts';
import {
  callOf,
  faultOf,
  listening,
  openOutbound,
  serve,
  serveRaw,
  textOf,
} from './loopback-server.fixture.ts';

test('cancelled before it begins, nothing is called', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  const fault = await faultOf(
    openOutbound(t).call(callOf(server.origin, { signal: AbortSignal.abort() })),
    'OUTBOUND_CANCELLED',
  );
  assert.equal(mayHaveBeenSent(fault), false);
  await server.drained();
});

test('cancelled before it begins, an idle connection stays for others', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  const outbound = openOutbound(t);
  await (await outbound.call(callOf(server.origin))).discard();
  await faultOf(outbound.call(callOf(server.origin, { signal: AbortSignal.abort() })), 'OUTBOUND_CANCELLED');
  await (await outbound.call(callOf(server.origin))).discard();
  assert.equal(server.accepted(), 1);
});

test('cancelled while its name is looked up', async (t) => {
  const leave = new AbortController();
  const outbound = openOutbound(t, {
    resolve: () => {
      queueMicrotask(() => leave.abort());
      return new Promise(() => undefined);
    },
  });
  assert.equal(
    mayHaveBeenSent(
      await faultOf(
        outbound.call(callOf('https://platform.test', { signal: leave.signal })),
        'OUTBOUND_CANCELLED',
      ),
    ),
    false,
  );
});

test('cancelled during the handshake, the socket is closed', async (t) => {
  const leave = new AbortController();
  const server = await listening(
    t,
    createServer((socket) => socket.once('data', () => leave.abort())),
  );
  const fault = await faultOf(
    openOutbound(t).call(callOf(server.origin, { signal: leave.signal })),
    'OUTBOUND_CANCELLED',
  );
  assert.equal(mayHaveBeenSent(fault), false);
  await server.drained();
});

test('cancelled in line, the others keep their places', async (t) => {
  const held: (() => void)[] = [];
  const server = await serve(t, (_request, response) => void held.push(() => response.end('ok')));
  const outbound = openOutbound(t, { limit: { outboundConnectionsPerPoolMax: 1 } });
  const leave = new AbortController();
  const first = outbound.call(callOf(server.origin));
  const second = faultOf(
    outbound.call(callOf(server.origin, { signal: leave.signal })),
    'OUTBOUND_CANCELLED',
  );
  const third = outbound.call(callOf(server.origin));
  leave.abort();
  assert.equal(mayHaveBeenSent(await second), false);
  while (held.length === 0) await turn();
  held.shift()?.();
  assert.equal(await textOf(await first), 'ok');
  while (held.length === 0) await turn();
  held.shift()?.();
  assert.equal(await textOf(await third), 'ok');
  assert.equal(server.accepted(), 1);
});

test('cancelled while its body is being sent, the server sees no whole request', async (t) => {
  const leave = new AbortController();
  let ended = false;
  let left = false;
  const server = await serve(t, (request) => {
    request.on('error', () => undefined);
    request.once('data', () => leave.abort());
    request.on('end', () => {
      ended = true;
    });
  });
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      yield Buffer.from('a');
      await new Promise(() => undefined);
    } finally {
      left = true;
    }
  }
  const source = body();
  const call = callOf(server.origin, { method: 'POST', body: source, signal: leave.signal });
  assert.equal(mayHaveBeenSent(await faultOf(openOutbound(t).call(call), 'OUTBOUND_CANCELLED')), true);
  await server.drained();
  assert.equal(ended, false);
  assert.equal(
    left,
    false,
    'a generator that hangs in an await can not be ended by anybody, and hangs nothing but itself',
  );
});

test('a source that never begins sends nothing: cancelled, it says so', async (t) => {
  const leave = new AbortController();
  let requests = 0;
  const server = await serve(t, () => {
    requests += 1;
  });
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        queueMicrotask(() => leave.abort());
        return new Promise(() => undefined);
      },
    }),
  };
  const fault = await faultOf(
    openOutbound(t).call(callOf(server.origin, { method: 'POST', body, signal: leave.signal })),
    'OUTBOUND_CANCELLED',
  );
  assert.equal(mayHaveBeenSent(fault), false);
  await server.drained();
  assert.equal(requests, 0);
});

test('a body whose call never got a connection is left untouched, so that the call can be repeated', async (t) => {
  const server = createServer();
  const { port } = await listening(t, server);
  await new Promise((resolve) => server.close(resolve));
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('whole');
  }
  const source = body();
  await faultOf(
    openOutbound(t).call(callOf(`https://platform.test:${port}`, { method: 'POST', body: source })),
    'OUTBOUND_CONNECT_FAILED',
  );
  const good = await serve(t, async (request, response) => {
    for await (const piece of request) response.write(piece);
    response.end();
  });
  assert.equal(
    await textOf(await openOutbound(t).call(callOf(good.origin, { method: 'POST', body: source }))),
    'whole',
  );
});

test('cancelled while waiting for the answer', async (t) => {
  const leave = new AbortController();
  const server = await serve(t, () => leave.abort());
  const fault = await faultOf(
    openOutbound(t).call(callOf(server.origin, { signal: leave.signal })),
    'OUTBOUND_CANCELLED',
  );
  assert.equal(mayHaveBeenSent(fault), true);
  assert.match(fault.detail, /platform\.test: cancelled while waiting for the answer/);
  await server.drained();
});

test('cancelled while the answer is read, or while nobody reads it', async (t) => {
  for (const reads of [true, false]) {
    const leave = new AbortController();
    const server = await serve(t, (_request, response) => response.writeHead(200).write('half'));
    const answer = await openOutbound(t).call(callOf(server.origin, { signal: leave.signal }));
    const iterator = answer.body[Symbol.asyncIterator]();
    if (reads) assert.equal(Buffer.from((await iterator.next()).value).toString(), 'half');
    const rest = reads ? iterator.next() : null;
    leave.abort();
    assert.equal(mayHaveBeenSent(await faultOf(rest ?? iterator.next(), 'OUTBOUND_CANCELLED')), true);
    await server.drained();
  }
});

test('cancelled after its end, nothing happens', async (t) => {
  const leave = new AbortController();
  const server = await serve(t, (_request, response) => response.end('whole'));
  const outbound = openOutbound(t);
  assert.equal(await textOf(await outbound.call(callOf(server.origin, { signal: leave.signal }))), 'whole');
  leave.abort();
  assert.equal(await textOf(await outbound.call(callOf(server.origin))), 'whole');
  assert.equal(server.accepted(), 1);
});

test('an answer that is abandoned takes its connection with it', async (t) => {
  const server = await serve(t, (_request, response) => response.writeHead(200).write('half'));
  const outbound = openOutbound(t);
  for (const leave of [
    async () => {
      for await (const piece of (await outbound.call(callOf(server.origin))).body) return piece;
      return null;
    },
    async () => {
      try {
        for await (const _piece of (await outbound.call(callOf(server.origin))).body)
          throw new Error('reader');
      } catch (error) {
        assert.ok(error instanceof Error && error.message === 'reader');
      }
      return null;
    },
    async () => faultOf((await outbound.call(callOf(server.origin))).bytes(2), 'OUTBOUND_RESPONSE_TOO_LARGE'),
  ]) {
    await leave();
    await server.drained();
  }
});

test('an answer that nobody touches ends with the total time limit', async (t) => {
  const server = await serveRaw(t, (socket) =>
    socket.once('data', () =>
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n${'a'.repeat(500_000)}`),
    ),
  );
  const outbound = openOutbound(t, { limit: { outboundTotalTimeoutMs: 60 } });
  const answer = await outbound.call(callOf(server.origin));
  await server.drained();
  await faultOf(answer.bytes(1 << 20), 'OUTBOUND_TIMEOUT');
  await answer.discard();
});

test('the connection resets in each phase: what may have been sent is told', async (t) => {
  const quick = await serveRaw(t, (socket) => socket.destroy());
  const fault = await openOutbound(t)
    .call(callOf(quick.origin, { method: 'POST', body: Buffer.from('x') }))
    .then(
      () => null,
      (error: unknown) => error,
    );
  assert.ok(fault instanceof Error && 'code' in fault);
  assert.equal(mayHaveBeenSent(fault), fault.code === 'OUTBOUND_BROKEN', String(fault.code));
  const later = await serveRaw(t, (socket) => socket.once('data', () => socket.destroy()));
  assert.equal(
    mayHaveBeenSent(await faultOf(openOutbound(t).call(callOf(later.origin)), 'OUTBOUND_BROKEN')),
    true,
  );
});

test('no fault tells a path, a header or a body', async (t) => {
  const server = await serveRaw(t, (socket) => socket.once('data', () => socket.end('secret-answer')));
  const call = callOf(server.origin, {
    method: 'POST',
    target: '/secret-path?secret-query',
    headers: [['authorization', 'Bearer secret-token']],
    body: Buffer.from('secret-body'),
  });
  const fault = await faultOf(openOutbound(t).call(call), 'OUTBOUND_RESPONSE_INVALID');
  const told = JSON.stringify([
    fault.message,
    fault.detail,
    fault.stack,
    fault.fields,
    String(fault.cause),
    Object.entries(fault.cause ?? {}),
  ]);
  assert.ok(!told.includes('secret'), told);
});

test('closing refuses new calls, cancels waiting ones, and lets those under way end', async (t) => {
  const held: (() => void)[] = [];
  const server = await serve(t, (_request, response) => void held.push(() => response.end('late')));
  const outbound = openOutbound(t, { limit: { outboundConnectionsPerPoolMax: 1, shutdownTimeoutMs: 5_000 } });
  const running = outbound.call(callOf(server.origin));
  const waiting = faultOf(outbound.call(callOf(server.origin)), 'BUSY');
  while (held.length === 0) await turn();
  const closed = outbound.close();
  assert.equal(mayHaveBeenSent(await waiting), false);
  assert.equal(mayHaveBeenSent(await faultOf(outbound.call(callOf(server.origin)), 'BUSY')), false);
  held.shift()?.();
  assert.equal(await textOf(await running), 'late');
  await closed;
  await server.drained();
});

test('closing ends what does not end by itself', async (t) => {
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  const server = await serve(t, () => resolve());
  const outbound = openOutbound(t, { limit: { shutdownTimeoutMs: 50 } });
  const hanging = faultOf(outbound.call(callOf(server.origin)), 'OUTBOUND_BROKEN');
  await arrived;
  await outbound.close();
  assert.equal(mayHaveBeenSent(await hanging), true);
  await server.drained();
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
