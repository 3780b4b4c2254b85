// Nobody can hold a connection, a request or a body open for longer than its limit, and whoever tries is told so.
// U14; traps "connect, headers, body and total timeouts everywhere", "slow-client defence".
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { newId, systemClock } from '#base';
import type { Connections } from '#connections';
import type { Ingest } from '#ingest';
import { withClient } from '#test/client';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { roomWith, withListener } from './http.fixture.ts';

// The shortest that can be configured; Node looks every second.
const limits = {
  headersTimeoutMs: 1_000,
  requestTimeoutMs: 1_500,
  handshakeTimeoutMs: 1_000,
  keepAliveTimeoutMs: 1_000,
};
const endpoint = newId('endpoint', systemClock);
const connection = newId('connection', systemClock);
let fed = 0;
const listener = await withListener(
  { after },
  {
    limits,
    rooms: {
      ingest: roomWith<Ingest>({ expect: async () => ({ bodyBytesMax: 1_048_576 }) }),
      connections: roomWith<Connections>({
        forward: async ({ body }) => {
          for await (const chunk of body ?? []) fed += chunk.length;
          return { status: 200, headers: [], body: (async function* () {})() };
        },
      }),
    },
  },
);

test('connections that never shake hands, or not to the end, are closed without a word', async (t) => {
  const hello = Buffer.from('16030100f5010000f10303', 'hex');
  const silent = Array.from({ length: 200 }, () => connect(Number(new URL(listener.url).port), '127.0.0.1'));
  t.after(() => silent.forEach((socket) => socket.destroy()));
  let received = 0;
  await Promise.all(
    silent.map(async (socket, at) => {
      socket.on('data', (bytes: Buffer) => (received += bytes.length)).on('error', () => undefined);
      if (at % 2 === 0) socket.write(hello);
      await new Promise((resolve) => socket.on('close', resolve));
    }),
  );
  assert.equal(received, 0);
});

test('headers that never end: 408', async (t) => {
  const hang = async (begin: string): Promise<void> => {
    const slow = await withRaw(t, listener);
    if (begin !== '') slow.send(begin);
    const drip = setInterval(() => begin.length > 1 && slow.send('a'), 200);
    assertProblem(await slow.answer(), 'TIMED_OUT');
    clearInterval(drip);
    assert.equal(await slow.closed, '');
  };
  await Promise.all(['', 'G', 'GET /', 'GET /livez HTTP/1.1\r\nHost: gateway\r\nX-A:'].map(hang));
});

test('a body that never ends: 408, wherever it is read', async (t) => {
  const heads = [
    `POST /in/${endpoint} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000\r\n\r\n`,
    `POST /in/${endpoint} HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n`,
    `POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`,
    `POST /out/${connection}/x HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000\r\n\r\n`,
  ];
  await Promise.all(
    heads.map(async (head) => {
      const slow = await withRaw(t, listener);
      slow.send(head);
      const drip = setInterval(() => slow.send('a'), 100);
      assertProblem(await slow.answer(), 'TIMED_OUT');
      clearInterval(drip);
      assert.equal(await slow.closed, '');
    }),
  );
  assert.ok(fed > 0, 'the forwarded one was streamed');
});

test('an idle connection is closed, and good requests are answered all the while', async (t) => {
  const call = withClient(t, listener);
  const idle = await withRaw(t, listener);
  idle.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
  assert.equal((await idle.answer()).status, 200);
  const state = { isClosed: false };
  void idle.closed.then(() => (state.isClosed = true));
  while (!state.isClosed) assert.equal((await call({ path: '/livez' })).status, 200);
});
