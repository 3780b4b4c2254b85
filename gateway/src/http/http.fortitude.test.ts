// Whatever comes in, the process lives, stays within its memory, stops reading what is too much, and serves others meanwhile.
// K14 U14; invariants 7 and 9; traps "Body read before any check", "A crafted input never ends the process".
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { withClient } from '#test/client';
import { type GatewayProcess, withGatewayProcess } from '#test/gateway-process';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { canary } from '../../../tools/leaks/canaries.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** Design section 6: 250 MiB resident under load. */
const MEMORY_BYTES_MAX = 250 * MIB;
/** What a sender can get rid of before it is stopped: buffers of two systems and what is dropped before the end. */
const TAKEN_BYTES_MAX = 24 * MIB;
const IDLE = 10_000;
const IDLE_TLS = 300;

let endpoints = 0;

/** An endpoint of the gateway; its path. */
async function makeEndpoint(t: TestContext, gateway: GatewayProcess): Promise<string> {
  endpoints += 1;
  const body = { platform: 'koywe', name: `koywe ${endpoints}`, secret: canary('webhookSecret') };
  const call = { method: 'POST', path: '/admin/v1/endpoints', key: gateway.adminKey, body } as const;
  const made = await withClient(t, gateway)(call);
  assert.equal(made.status, 201, made.text);
  return made.json<{ path: string }>().path;
}

/** Good requests, one after the other, until they are stopped; each must be answered well. */
async function serveOthers(t: TestContext, gateway: GatewayProcess) {
  const call = withClient(t, gateway);
  const path = await makeEndpoint(t, gateway);
  const state = { isOver: false };
  const run = async (): Promise<number> => {
    let count = 0;
    for (; !state.isOver; count += 3) {
      assert.equal((await call({ path: '/readyz' })).status, 200);
      assert.equal((await call({ path: '/admin/v1/keys', key: gateway.adminKey })).status, 200);
      const hook = await call({ method: 'POST', path, body: '{"id":"1"}' });
      assert.equal(hook.status, 401, hook.text);
    }
    return count;
  };
  const running = run();
  running.catch(() => undefined);
  return {
    path,
    stop(): Promise<number> {
      state.isOver = true;
      return running;
    },
  };
}

async function assertFit(t: TestContext, gateway: GatewayProcess): Promise<void> {
  gateway.assertAlive();
  const bytes = await gateway.memoryBytes();
  t.diagnostic(`${Math.round(bytes / MIB)} MiB resident`);
  assert.ok(bytes < MEMORY_BYTES_MAX, `${Math.round(bytes / MIB)} MiB`);
}

test('bodies of a gigabyte, announced or not, are cut off early', async (t) => {
  const platform = createServer((request, response) => {
    if (request.url === '/api/v1/auth/sign-in') response.end('{"token":"platform-token-1"}');
    else request.on('error', () => undefined).resume();
  });
  const gateway = await withGatewayProcess(t, { declaredHosts: ['127.0.0.1'] });
  platform.setSecureContext(gateway.certificates);
  await new Promise<void>((resolve) => platform.listen(0, '127.0.0.1', resolve));
  t.after(() => (platform.closeAllConnections(), platform.close()));
  const { port } = platform.address() as AddressInfo;
  const made = await withClient(
    t,
    gateway,
  )({
    method: 'POST',
    path: '/admin/v1/connections',
    key: gateway.adminKey,
    body: {
      platform: 'koywe',
      name: 'a',
      credential: { apiKey: 'api-key-1', secret: 'secret-of-the-platform' },
      baseUrl: `https://127.0.0.1:${port}`,
    },
  });
  assert.equal(made.status, 201, made.text);
  const { prefix } = made.json<{ prefix: string }>();
  const others = await serveOthers(t, gateway);
  const admin = `Authorization: Bearer ${gateway.adminKey}\r\nContent-Type: application/json\r\n`;
  const heads = [
    `POST ${others.path} HTTP/1.1\r\n`,
    `POST /api/v1/auth/sign-in HTTP/1.1\r\nContent-Type: application/json\r\n`,
    `POST /admin/v1/keys HTTP/1.1\r\n${admin}`,
    `POST ${prefix}/x HTTP/1.1\r\nAuthorization: Bearer ${gateway.testKey}\r\n`,
    `POST /nowhere HTTP/1.1\r\n`,
    `GET /livez HTTP/1.1\r\n`,
    `DELETE /admin/v1/keys HTTP/1.1\r\n${admin}`,
  ];
  const piece = Buffer.alloc(64 * 1024, 97);
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')]);
  for (const head of heads) {
    for (const framing of [`Content-Length: ${GIB}`, 'Transfer-Encoding: chunked']) {
      const raw = await withRaw(t, gateway);
      raw.send(`${head}Host: gateway\r\n${framing}\r\n\r\n`);
      const sent = framing.startsWith('C') ? piece : chunk;
      let taken = 0;
      const state = { isClosed: false };
      void raw.closed.then(() => (state.isClosed = true));
      while (!state.isClosed && taken < GIB) {
        taken += sent.length;
        if (!raw.socket.write(sent))
          await Promise.race([once(raw.socket, 'drain').catch(() => undefined), raw.closed]);
      }
      assert.ok(
        taken < TAKEN_BYTES_MAX,
        `${Math.round(taken / MIB)} MiB taken by ${head.slice(0, 20)} ${framing}`,
      );
      // The answer, unless the system threw it away with what it had not yet sent.
      const answer = await raw.answer().catch(() => null);
      if (answer !== null) assert.match(String(answer.status), /^4\d\d$/, answer.text);
    }
  }
  await assertFit(t, gateway);
  assert.ok((await others.stop()) > 0);
});

test('floods of headers: 431, whatever their shape', async (t) => {
  const gateway = await withGatewayProcess(t, {});
  const others = await serveOthers(t, gateway);
  const floods = [
    `X-A: ${'a'.repeat(17 * 1024)}\r\n`,
    `${'a'.repeat(17 * 1024)}: x\r\n`,
    'X-A: a\r\n'.repeat(101),
    'X-A: a\r\n'.repeat(1_500),
    `Cookie: ${'a=b; '.repeat(5_000)}\r\n`,
    Array.from({ length: 200 }, (_, at) => `X-${at}: ${at}\r\n`).join(''),
    'a:\r\n'.repeat(3_000),
  ];
  for (let round = 0; round < 5; round++) {
    for (const flood of floods) {
      const raw = await withRaw(t, gateway);
      raw.send(`GET /livez HTTP/1.1\r\nHost: gateway\r\n${flood}\r\n`);
      assertProblem(await raw.answer(), 'HEADERS_TOO_LARGE');
    }
    const endless = await withRaw(t, gateway);
    const line = Buffer.from('X-A: a\r\n'.repeat(1_000));
    endless.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n');
    const state = { isClosed: false };
    void endless.closed.then(() => (state.isClosed = true));
    for (let taken = 0; !state.isClosed && taken < GIB; taken += line.length)
      if (!endless.socket.write(line))
        await Promise.race([once(endless.socket, 'drain').catch(() => undefined), endless.closed]);
    assert.ok(state.isClosed);
    const target = await withRaw(t, gateway);
    target.send(`GET /${'a'.repeat(17 * 1024)} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    assertProblem(await target.answer(), 'HEADERS_TOO_LARGE');
  }
  await assertFit(t, gateway);
  assert.ok((await others.stop()) > 0);
});

test(`${IDLE} idle connections at once: others are served, and memory stays within its limit`, async (t) => {
  // Long enough for a busy machine; that the silent are closed in time is shown in listener.time.test.ts.
  const gateway = await withGatewayProcess(t, {
    limits: { handshakeTimeoutMs: 60_000, connectionsPerAddressMax: IDLE + 500 },
  });
  const port = Number(new URL(gateway.url).port);
  const silent: Socket[] = [];
  t.after(() => silent.forEach((socket) => socket.destroy()));
  const state = { closed: 0 };
  while (silent.length < IDLE) {
    const some = Array.from({ length: 250 }, () => connect({ port, host: '127.0.0.1' }));
    for (const socket of some)
      socket
        .on('error', () => undefined)
        .on('close', () => (state.closed += 1))
        .resume();
    silent.push(...some);
    await Promise.all(some.map((socket) => once(socket, 'connect')));
  }
  const secure = await Promise.all(Array.from({ length: IDLE_TLS }, () => withRaw(t, gateway)));
  const others = await serveOthers(t, gateway);
  await assertFit(t, gateway);
  assert.equal(state.closed, 0, 'all of them at once');
  assert.ok((await others.stop()) > 0);
  for (const socket of [...silent, ...secure.map((raw) => raw.socket)]) socket.destroy();
  const afterwards = await serveOthers(t, gateway);
  await assertFit(t, gateway);
  assert.ok((await afterwards.stop()) > 0);
});

test('more than connectionsMax are closed at once, and the others go on', async (t) => {
  const gateway = await withGatewayProcess(t, { limits: { connectionsMax: 100 } });
  const port = Number(new URL(gateway.url).port);
  const kept = await Promise.all(Array.from({ length: 100 }, () => withRaw(t, gateway)));
  for (let count = 0; count < 50; count++) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
  }
  for (const raw of kept) raw.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
  for (const raw of kept) assert.equal((await raw.answer()).status, 200);
  kept[0]?.socket.destroy();
  await kept[0]?.closed;
  const call = withClient(t, gateway);
  for (;;) {
    const status = await call({ path: '/livez' }).then(
      (answer) => answer.status,
      () => null,
    );
    if (status === 200) break; // its place is free as soon as the gateway has seen it go
  }
  await assertFit(t, gateway);
});

test('slow senders are shown out, and nobody waits for them', async (t) => {
  const limits = { headersTimeoutMs: 1_000, requestTimeoutMs: 2_000, webhookInFlightBytesMax: MIB };
  const gateway = await withGatewayProcess(t, { limits });
  const others = await serveOthers(t, gateway);
  const slow = await Promise.all(Array.from({ length: 200 }, () => withRaw(t, gateway)));
  const timers = slow.map((raw, at) => {
    if (at % 2 === 0) raw.send('GET /livez HTTP/1.1\r\nHost: gateway\r\nX-A: ');
    else
      raw.send(
        `POST ${others.path} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 10000\r\n\r\n${'a'.repeat(4_000)}`,
      );
    return setInterval(() => raw.socket.writable && raw.send('a'), 250);
  });
  t.after(() => timers.forEach((timer) => clearInterval(timer)));
  await Promise.all(slow.map(async (raw) => assertProblem(await raw.answer(), 'TIMED_OUT')));
  await Promise.all(slow.map(({ closed }) => closed));
  await assertFit(t, gateway);
  assert.ok((await others.stop()) > 0);
});

test('connections that come and go, in the middle of everything', async (t) => {
  const gateway = await withGatewayProcess(t, {});
  const others = await serveOthers(t, gateway);
  const port = Number(new URL(gateway.url).port);
  const hello = Buffer.from('16030100f5010000f10303', 'hex');
  const rubbish = ['', 'GET / HTTP/1.1\r\n\r\n', hello, Buffer.alloc(20_000, 0x16), Buffer.alloc(20_000)];
  for (let round = 0; round < 40; round++) {
    const some = Array.from({ length: 50 }, () => connect({ port, host: '127.0.0.1' }));
    await Promise.all(
      some.map(async (socket, at) => {
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.write(rubbish[at % rubbish.length] ?? '');
        if (at % 3 === 0) socket.resetAndDestroy();
        else if (at % 3 === 1) socket.destroy();
        else socket.end();
        socket.resume();
      }),
    );
    const parts = [
      `POST ${others.path} HTTP/1.1\r\nHost: gateway\r\n`,
      'Content-Length: 100\r\n',
      '\r\n',
      'aaa',
    ];
    await Promise.all(
      Array.from({ length: 10 }, async (_, at) => {
        const socket = connectTls({ port, host: '127.0.0.1', ca: gateway.ca, servername: 'localhost' });
        socket.on('error', () => undefined);
        await once(socket, 'secureConnect');
        socket.write(parts.slice(0, at % 5).join(''));
        socket.destroy();
      }),
    );
  }
  await assertFit(t, gateway);
  assert.ok((await others.stop()) > 0);
});
