// Stopping takes nothing new, finishes what is under way, and never waits longer than shutdownTimeoutMs for anybody.
// U14; trap "A hanging sink must not stop the world".
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { newId, systemClock } from '#base';
import type { Ingest } from '#ingest';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { roomWith, withListener } from './http.fixture.ts';

const endpoint = newId('endpoint', systemClock);
const post = (body: string): string =>
  `POST /in/${endpoint} HTTP/1.1\r\nHost: gateway\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

function gatedIngest() {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const ingest = roomWith<Ingest>({
    expect: async () => ({ bodyBytesMax: 1_048_576 }),
    receive: async () => {
      begun.resolve();
      await gate.promise;
      return { event: newId('event', systemClock), duplicate: false };
    },
  });
  return { ingest, gate, begun: begun.promise };
}

test('a request under way is answered, what waits behind it is not begun, idle and silent connections end at once', async (t) => {
  const { ingest, gate, begun } = gatedIngest();
  const listener = await withListener(t, {
    rooms: { ingest },
    limits: { shutdownTimeoutMs: 60_000, handshakeTimeoutMs: 60_000 },
  });
  const busy = await withRaw(t, listener);
  const idle = await withRaw(t, listener);
  const used = await withRaw(t, listener);
  const half = await withRaw(t, listener);
  used.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
  await used.answer();
  half.send('GET /livez HTTP/1.1\r\nHost:');
  const silent = connect(Number(new URL(listener.url).port), '127.0.0.1');
  await once(silent, 'connect');
  busy.send(post('a') + post('b'));
  await begun;
  const stopped = listener.stop();
  await Promise.all([idle.closed, used.closed, half.closed, once(silent, 'close')]);
  gate.resolve();
  assert.equal((await busy.answer()).status, 200);
  assertProblem(await busy.answer(), 'BUSY');
  await stopped;
});

test('after shutdownTimeoutMs everything ends', async (t) => {
  const { ingest, gate, begun } = gatedIngest();
  const listener = await withListener(t, {
    rooms: { ingest },
    limits: { shutdownTimeoutMs: 100, handshakeTimeoutMs: 60_000 },
  });
  const busy = await withRaw(t, listener);
  busy.send(post('a'));
  await begun;
  await listener.stop();
  await busy.closed;
  gate.resolve();
});
