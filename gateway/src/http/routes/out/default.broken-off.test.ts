// A forwarded answer that fails in the middle breaks the connection instead of ending well, and a receiver who goes away
// ends the platform's side too; whichever happens, the log has how the call ended. K7 U14 K23; trap "No act without its entry".
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { withClient } from '#test/client';
import { afterFile } from '#test/database';
import { type TestGateway, withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';

const gateway = await withGateway(afterFile, {
  declaredHosts: ['127.0.0.1'],
  limits: { outboundBodyTimeoutMs: 300, outboundTotalTimeoutMs: 3_000 },
});

interface Platform {
  readonly prefix: string;
  /** The platform's side of the calls that arrived, in their order. */
  next(): Promise<ServerResponse>;
  readonly open: ReadonlySet<Socket>;
}

/** A platform that signs everybody in and leaves every other answer to the test. */
async function withPlatform(t: TestContext): Promise<Platform> {
  const waiting: ServerResponse[] = [];
  const open = new Set<Socket>();
  let wake: () => void = () => undefined;
  const server = createServer(gateway.certificates, (request, response) => {
    if (request.url === '/api/v1/auth/sign-in') return void response.end('{"token":"platform-token-1"}');
    request.resume();
    waiting.push(response);
    wake();
  });
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const { port } = server.address() as AddressInfo;
  const call = withClient(t, gateway);
  const made = await call({
    method: 'POST',
    path: '/admin/v1/connections',
    key: gateway.adminKey,
    body: {
      platform: 'koywe',
      name: `stream ${port}`,
      credential: { apiKey: 'api-key-1', secret: 'secret-of-the-platform' },
      baseUrl: `https://127.0.0.1:${port}`,
    },
  });
  assert.equal(made.status, 201, made.text);
  return {
    prefix: made.json<{ prefix: string }>().prefix,
    open,
    async next() {
      while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift() ?? assert.fail();
    },
  };
}

async function call(t: TestContext, { prefix }: Platform, { testKey }: TestGateway = gateway) {
  const raw = await withRaw(t, gateway);
  raw.send(`GET ${prefix}/x HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${testKey}\r\n\r\n`);
  return raw;
}

/** The acts of the connection's calls, newest first, once one of them has its outcome. */
async function finishedCalls({ prefix }: Platform): Promise<string[]> {
  const { audit } = gateway.gateway.rooms;
  const resource = `connection:${prefix.slice('/out/'.length)}`;
  for (;;) {
    await audit.integrate();
    const { items } = await audit.entries({ environment: gateway.environment, limit: 50, resource });
    const acts = items.map(({ entry }) => entry.action).filter((action) => action.startsWith('call.'));
    if (acts.includes('call.finished')) return acts;
  }
}

const ENDS: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  'is cut off': (response) => response.socket?.destroy(),
  'breaks its chunks': (response) => response.socket?.write('zz\r\nnonsense'),
  stalls: () => undefined,
};

for (const [name, end] of Object.entries(ENDS)) {
  test(`an answer that ${name} in the middle is never ended well`, async (t) => {
    const platform = await withPlatform(t);
    const raw = await call(t, platform);
    const response = await platform.next();
    response.writeHead(200, { 'content-type': 'text/plain' });
    // More than the scrubber and the last piece hold back.
    response.write('x'.repeat(200_000));
    await once(raw.socket, 'data');
    end(response);
    const text = await raw.closed;
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(text, /\r\n0\r\n\r\n$/, 'no last chunk');
    assert.deepEqual(await finishedCalls(platform), ['call.finished', 'call.started']);
  });

  test(`an answer that ${name} before its first byte is a problem, without the platform's fields`, async (t) => {
    const platform = await withPlatform(t);
    const raw = await call(t, platform);
    const response = await platform.next();
    response.writeHead(200, { 'content-type': 'text/plain', etag: '"x"', 'retry-after': '77' });
    response.flushHeaders();
    end(response);
    const answer = await raw.answer();
    assertProblem(
      answer,
      answer.status === 504
        ? 'OUTBOUND_TIMEOUT'
        : name === 'breaks its chunks'
          ? 'OUTBOUND_RESPONSE_INVALID'
          : 'OUTBOUND_BROKEN',
    );
    assert.equal(answer.headers['etag'], undefined);
    assert.equal(answer.headers['retry-after'], undefined);
    assert.deepEqual(await finishedCalls(platform), ['call.finished', 'call.started']);
  });
}

test("a receiver who goes away in the middle ends the platform's connection, and the outcome is in the log", async (t) => {
  const platform = await withPlatform(t);
  const raw = await call(t, platform);
  const response = await platform.next();
  response.on('error', () => undefined);
  response.writeHead(200, { 'content-type': 'text/plain' });
  const flood = setInterval(() => response.write('x'.repeat(100_000)), 5);
  t.after(() => clearInterval(flood));
  await once(raw.socket, 'data');
  raw.socket.destroy();
  await once(response, 'close');
  clearInterval(flood);
  assert.deepEqual(await finishedCalls(platform), ['call.finished', 'call.started']);
});

test('a receiver who goes away before the first byte ends it, too', async (t) => {
  const platform = await withPlatform(t);
  const raw = await call(t, platform);
  const response = await platform.next();
  response.on('error', () => undefined);
  raw.socket.destroy();
  await raw.closed;
  response.writeHead(200, { 'content-type': 'text/plain' });
  const flood = setInterval(() => response.write('x'.repeat(100_000)), 5);
  t.after(() => clearInterval(flood));
  await once(response, 'close');
  clearInterval(flood);
  assert.deepEqual(await finishedCalls(platform), ['call.finished', 'call.started']);
});

test('a slow receiver slows the platform down: nothing piles up here', async (t) => {
  const platform = await withPlatform(t);
  const raw = await call(t, platform);
  const response = await platform.next();
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  raw.socket.pause();
  const piece = Buffer.alloc(64 * 1024, 120);
  let written = 0;
  // Until the whole call is over its time limit: every buffer on the way is full, and no write is taken any more.
  const state = { isOver: false };
  response.on('close', () => (state.isOver = true)).on('error', () => undefined);
  const ended = once(response, 'close');
  while (written < 256 && !state.isOver) {
    written += 1;
    if (!response.write(piece)) await Promise.race([once(response, 'drain').catch(() => undefined), ended]);
  }
  assert.ok(written < 256, 'the platform could write without end');
  raw.socket.destroy();
});

test('fields that a platform repeats all come through', async (t) => {
  const platform = await withPlatform(t);
  const raw = await call(t, platform);
  const response = await platform.next();
  response.writeHead(200, [
    'Content-Language',
    'es',
    'Content-Language',
    'en',
    'Content-Type',
    'text/plain',
    'Server',
    'x',
    'Set-Cookie',
    'a=b',
    'X-Request-Id',
    'theirs',
  ]);
  response.end('ok');
  const text = await raw.answer().then((answer) => (assert.equal(answer.text, 'ok'), answer.headers));
  assert.equal(text['set-cookie'], undefined);
  assert.equal(text['server'], undefined);
  assert.match(String(text['x-request-id']), /^req_/);
});
