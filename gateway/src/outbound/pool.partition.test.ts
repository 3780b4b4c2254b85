// A connection serves one credential, one origin, one set of authorities and pins, and nobody else; connections, pools and
// waiting calls are bounded, and nothing is ever sent twice by itself.
// K4, L3. Trap "Calling out": separate pools per credential; never retry a payment that may have happened.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { createAuthority } from '@sallyport/sandbox';
import { Fault } from '#base';
import type { OutboundCall } from './call.ts';
import { mayHaveBeenSent } from './faults.ts';
import {
  authority,
  callOf,
  faultOf,
  openOutbound,
  serve,
  serveRaw,
  textOf,
} from './loopback-server.fixture.ts';
import { pinOf } from './pins.ts';

const other = await createAuthority({ name: 'Other' });
const pins = [authority, other].map(({ cert }) => pinOf(new X509Certificate(cert)));

test('K4 two credentials never share a socket, whatever else they share', async (t) => {
  const users = new Map<IncomingMessage['socket'], Set<string>>();
  const server = await serve(t, (request, response) => {
    const seen = users.get(request.socket) ?? new Set();
    users.set(request.socket, seen.add(String(request.headers['authorization'])));
    setImmediate(() => response.end());
  });
  const outbound = openOutbound(t, { limit: { outboundConnectionsPerPoolMax: 3 } });
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const pool = `con_${index % 7}`;
      await (
        await outbound.call(callOf(server.origin, { pool, headers: [['authorization', pool]] }))
      ).discard();
    }),
  );
  assert.ok(users.size >= 7 && users.size <= 21, `${users.size} sockets for 7 pools of 3`);
  for (const seen of users.values()) assert.equal(seen.size, 1);
});

test('K4 the host, the authorities and the pins part the pools, too', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  const outbound = openOutbound(t);
  const calls: Partial<OutboundCall>[] = [
    {},
    { pool: '' },
    { pool: 'con_test ' },
    { ca: other.cert },
    { pins },
    { ca: other.cert, pins },
    { origin: `https://other.test:${server.port}` },
  ];
  for (const call of [...calls, ...calls]) await (await outbound.call(callOf(server.origin, call))).discard();
  assert.equal(server.accepted(), calls.length);
  await (await outbound.call(callOf(server.origin, { pins: [...pins].reverse(), ca: null }))).discard();
  assert.equal(server.accepted(), calls.length, 'the same pins in another order are the same pins');
});

test('500 calls at once use no more connections than the pool has', async (t) => {
  let open = 0;
  let most = 0;
  const server = await serve(t, (_request, response) => {
    open += 1;
    most = Math.max(most, open);
    setImmediate(() => {
      open -= 1;
      response.end('ok');
    });
  });
  const outbound = openOutbound(t, { limit: { outboundConnectionsPerPoolMax: 8 } });
  const texts = await Promise.all(
    Array.from({ length: 500 }, async () => textOf(await outbound.call(callOf(server.origin)))),
  );
  assert.equal(texts.filter((text) => text === 'ok').length, 500);
  assert.equal(server.accepted(), 8);
  assert.ok(most <= 8);
});

test('a full line refuses at once, and a call that waits too long gives up: nothing was sent', async (t) => {
  const { promise: bothAreSent, resolve } = Promise.withResolvers<void>();
  let requests = 0;
  const server = await serve(t, () => {
    requests += 1;
    if (requests === 2) resolve();
  });
  const outbound = openOutbound(t, {
    limit: { outboundConnectionsPerPoolMax: 2, outboundQueuePerPoolMax: 3 },
  });
  const call = (more: Partial<OutboundCall>): Promise<unknown> =>
    outbound.call(callOf(server.origin, { method: 'POST', ...more }));
  const leave = new AbortController();
  const sent = [1, 2].map(() => faultOf(call({ signal: leave.signal }), 'OUTBOUND_CANCELLED'));
  await bothAreSent;
  // Three give up in line, two find no place in it.
  const unsent = [1, 2, 3, 4, 5].map(() => faultOf(call({ timeouts: { totalTimeoutMs: 150 } }), 'BUSY'));
  const faults = await Promise.all(unsent);
  assert.equal(faults.filter(({ detail }) => detail?.includes('too many calls are waiting')).length, 2);
  for (const fault of faults) {
    assert.equal(mayHaveBeenSent(fault), false);
    assert.notEqual(fault.retryAfterSeconds, null);
  }
  leave.abort();
  for (const fault of await Promise.all(sent)) assert.equal(mayHaveBeenSent(fault), true);
  assert.equal(requests, 2);
});

test('pools are bounded: the longest unused one goes, one in use never does', async (t) => {
  const server = await serve(t, (request, response) => {
    if (request.url !== '/hang') response.end();
  });
  const outbound = openOutbound(t, { limit: { outboundPoolsMax: 3 } });
  for (const pool of ['a', 'b', 'c', 'a', 'd', 'a'])
    await (await outbound.call(callOf(server.origin, { pool }))).discard();
  assert.equal(server.accepted(), 4);
  await (await outbound.call(callOf(server.origin, { pool: 'b' }))).discard();
  assert.equal(server.accepted(), 5, 'b had gone');
  const leave = new AbortController();
  const hanging = ['x', 'y', 'z'].map((pool) =>
    faultOf(
      outbound.call(callOf(server.origin, { pool, target: '/hang', signal: leave.signal })),
      'OUTBOUND_CANCELLED',
    ),
  );
  assert.equal(
    mayHaveBeenSent(await faultOf(outbound.call(callOf(server.origin, { pool: 'w' })), 'BUSY')),
    false,
  );
  leave.abort();
  await Promise.all(hanging);
});

test('an idle connection that the server closed is replaced before anything is written', async (t) => {
  const requests: string[] = [];
  const server = await serve(t, (request, response) => {
    requests.push(String(request.url));
    response.end();
  });
  const outbound = openOutbound(t);
  for (let round = 0; round < 20; round += 1) {
    const call = callOf(server.origin, { method: 'POST', target: `/${round}`, body: Buffer.from('x') });
    try {
      await (await outbound.call(call)).discard();
    } catch (error) {
      // After an even round the request races with the end of the connection. Once written, it is not ours to repeat.
      assert.ok(
        round % 2 === 1 &&
          error instanceof Fault &&
          error.code === 'OUTBOUND_BROKEN' &&
          mayHaveBeenSent(error),
      );
    }
    for (const socket of server.sockets) socket.destroy();
    if (round % 2 === 1) await server.drained();
    else await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(new Set(requests).size, requests.length, 'nothing arrived twice');
});

test('a request whose connection breaks after it was written is never sent again, idempotent or not', async (t) => {
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
    let requests = 0;
    const server = await serveRaw(t, (socket) =>
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        else socket.destroy();
      }),
    );
    const outbound = openOutbound(t);
    await (await outbound.call(callOf(server.origin))).discard();
    const fault = await faultOf(outbound.call(callOf(server.origin, { method })), 'OUTBOUND_BROKEN');
    assert.equal(mayHaveBeenSent(fault), true);
    assert.equal(requests, 2, method);
    assert.equal(server.accepted(), 1);
  }
});

test('Connection: close is honoured', async (t) => {
  const server = await serveRaw(t, (socket) =>
    socket.on('data', () =>
      socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'),
    ),
  );
  const outbound = openOutbound(t);
  for (let count = 1; count <= 3; count += 1) {
    assert.equal(await textOf(await outbound.call(callOf(server.origin))), 'ok');
    await server.drained();
    assert.equal(server.accepted(), count);
  }
});

test('a connection is not used beyond its life', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  let now = 0;
  const outbound = openOutbound(t, { clock: { now: () => 0, monotonic: () => now } });
  for (const [at, connections] of [
    [0, 1],
    [599_999, 1],
    [600_000, 2],
    [600_001, 2],
  ] as const) {
    now = at;
    await (await outbound.call(callOf(server.origin))).discard();
    assert.equal(server.accepted(), connections, `at ${at} ms`);
  }
  now += 10_000_000;
});
