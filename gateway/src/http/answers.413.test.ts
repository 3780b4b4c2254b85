// 413: nobody sends more than a surface takes, to the byte, announced or in chunks, at any operation that takes a body.
// U14 K14; trap "Body read before any check: cap while streaming".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, systemClock } from '#base';
import type { Connections } from '#connections';
import type { Ingest } from '#ingest';
import { withClient } from '#test/client';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { roomWith, withListener } from './http.fixture.ts';
import { describedOperations } from './operations.fixture.ts';

test('413 BODY_TOO_LARGE at every operation that takes JSON', async (t) => {
  const listener = await withListener(t, { limits: { adminBodyBytesMax: 1_024 } });
  const call = withClient(t, listener);
  const headers = { 'content-type': 'application/json' };
  for (const { method, path, body: takes } of await describedOperations()) {
    if (takes !== 'json') continue;
    const body = JSON.stringify({ name: 'a'.repeat(1_024) });
    assertProblem(await call({ method, path, key: 'any', body, headers }), 'BODY_TOO_LARGE');
  }
});

test('413 at the limit of each surface, to the byte, announced or in chunks', async (t) => {
  const endpoint = newId('endpoint', systemClock);
  const received: number[] = [];
  const ingest = roomWith<Ingest>({
    expect: async () => ({ bodyBytesMax: 2_000 }),
    receive: async ({ body }) => {
      received.push(body.length);
      return { event: newId('event', systemClock), duplicate: false };
    },
  });
  const connections = roomWith<Connections>({
    forward: async ({ body }) => {
      let bytes = 0;
      for await (const chunk of body ?? []) bytes += chunk.length;
      received.push(bytes);
      return { status: 200, headers: [], body: (async function* () {})() };
    },
  });
  const limits = { webhookBodyBytesMax: 2_000, adminBodyBytesMax: 1_024, forwardBodyBytesMax: 3_000 };
  const listener = await withListener(t, { limits, rooms: { ingest, connections } });
  const surfaces = [
    [`POST /in/${endpoint}`, '', 2_000],
    [`POST /out/${newId('connection', systemClock)}/x`, '', 3_000],
    ['POST /api/v1/auth/sign-in', 'Content-Type: application/json\r\n', 1_024],
  ] as const;
  for (const [line, headers, bytesMax] of surfaces) {
    for (const bytes of [bytesMax, bytesMax + 1]) {
      for (const framing of ['length', 'chunks']) {
        const raw = await withRaw(t, listener);
        const body = 'a'.repeat(bytes);
        const head = `${line} HTTP/1.1\r\nHost: gateway\r\n${headers}`;
        if (framing === 'length') raw.send(`${head}Content-Length: ${bytes}\r\n\r\n${body}`);
        else
          raw.send(
            `${head}Transfer-Encoding: chunked\r\n\r\n${[...body].map((one) => `1\r\n${one}\r\n`).join('')}0\r\n\r\n`,
          );
        const answer = await raw.answer();
        if (bytes > bytesMax) assertProblem(answer, 'BODY_TOO_LARGE');
        else if (headers === '') assert.equal(answer.status, 200);
        else assertProblem(answer, 'MALFORMED_BODY');
      }
    }
  }
  assert.deepEqual(received, [2_000, 2_000, 3_000, 3_000]);
});
