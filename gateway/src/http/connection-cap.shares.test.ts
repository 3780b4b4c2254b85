// One client can't have all connections of a node, whatever it does with them. K14; trap "IPv6 counts by /64".
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { test } from 'node:test';
import { createRanges } from '#base';
import { withRaw } from '#test/raw';
import { createConnectionCap } from './connection-cap.ts';
import { withListener } from './http.fixture.ts';

const limits = { connectionsPerAddressMax: 10 };

/** A socket of which only the other side's address matters. */
function socketFrom(address: string): Socket {
  return Object.defineProperty(new Socket(), 'remoteAddress', { value: address });
}

test('K14 connections of one address beyond its share are closed at once, on every port together', async (t) => {
  const listener = await withListener(t, { limits, plainPort: 0 });
  const kept = await Promise.all(Array.from({ length: 5 }, () => withRaw(t, listener)));
  // Which five of these get the places that are left is the system's choice; twenty don't.
  const twenty = Promise.withResolvers<void>();
  const held = new Set<Socket>();
  let closed = 0;
  for (let count = 0; count < 25; count += 1) {
    const socket = connect(count % 2 === 0 ? listener.port : (listener.plainPort ?? 0), '127.0.0.1');
    t.after(() => socket.destroy());
    held.add(socket);
    socket.on('error', () => undefined).resume();
    socket.on('close', () => {
      held.delete(socket);
      closed += 1;
      if (closed === 20) twenty.resolve();
    });
  }
  await twenty.promise;
  for (const raw of kept) raw.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
  for (const raw of kept) assert.equal((await raw.answer()).status, 200);
  // A place is free as soon as the gateway has seen its connection go.
  assert.equal(held.size, 5);
  for (const socket of held) socket.destroy();
  for (;;) {
    const raw = await withRaw(t, listener).catch(() => null);
    if (raw === null) continue;
    raw.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
    assert.equal((await raw.answer()).status, 200);
    break;
  }
});

test('K14 trusted proxies, through whom everybody comes, are not counted', async (t) => {
  const listener = await withListener(t, { limits, ports: { trustedProxies: ['127.0.0.1'] } });
  const many = await Promise.all(Array.from({ length: 30 }, () => withRaw(t, listener)));
  for (const raw of many) raw.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
  for (const raw of many) assert.equal((await raw.answer()).status, 200);
});

test('K14 all addresses of a /64 share, an address written in two ways is one, and what closes is forgotten', async () => {
  const cap = createConnectionCap({ limits, trustedProxies: createRanges(['192.0.2.1']) });
  const sockets = Array.from({ length: 10 }, (_, at) => socketFrom(`2001:db8::${at}:1`));
  for (const socket of sockets) assert.ok(cap.enter(socket));
  assert.ok(!cap.enter(socketFrom('2001:db8::ffff')));
  assert.ok(cap.enter(socketFrom('2001:db8:0:1::1')));
  sockets[0]?.destroy();
  await once(sockets[0] ?? new Socket(), 'close');
  assert.ok(cap.enter(socketFrom('2001:db8::ffff')));
  assert.ok(!cap.enter(socketFrom('2001:db8::fffe')));

  for (let count = 0; count < 10; count += 1)
    assert.ok(cap.enter(socketFrom(count % 2 === 0 ? '::ffff:203.0.113.9' : '203.0.113.9')));
  assert.ok(!cap.enter(socketFrom('203.0.113.9')));
  assert.ok(!cap.enter(socketFrom('::ffff:203.0.113.9')));
  for (let count = 0; count < 30; count += 1) assert.ok(cap.enter(socketFrom('::ffff:192.0.2.1')));
});
