// 500, 503, 413, 431: what fails inside says nothing of the inside, and what is at its limit says when to come back.
// K19 U14; invariant 3 "never a stack, a query, a path or a payload".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Access } from '#access';
import { Fault, type FaultCode, type LogFields, newId, systemClock } from '#base';
import type { Connections } from '#connections';
import type { Ingest } from '#ingest';
import { withClient } from '#test/client';
import { readOpenApi } from '#test/described';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { roomWith, withListener } from './http.fixture.ts';

const METHODS = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' } as const;
const endpoint = newId('endpoint', systemClock);
const KEY = 'any';

test('500 INTERNAL at every operation whose rooms fail like a defect, with the cause in the log alone', async (t) => {
  const lines: { message: string; fields: LogFields | undefined }[] = [];
  const write = (message: string, fields?: LogFields): void => void lines.push({ message, fields });
  const listener = await withListener(t, { log: { debug: write, info: write, warn: write, error: write } });
  const call = withClient(t, listener);
  const { paths } = await readOpenApi();
  const ids: Readonly<Record<string, string>> = {
    keys: newId('key', systemClock),
    connections: newId('connection', systemClock),
    endpoints: endpoint,
    destinations: newId('destination', systemClock),
    events: newId('event', systemClock),
  };
  const bodies: Readonly<Record<string, object>> = {
    'POST /admin/v1/keys': { kind: 'test', name: 'a' },
    'POST /admin/v1/connections': { platform: 'koywe', name: 'a', credential: { a: 'b' } },
    'PATCH /admin/v1/connections/{id}': { baseUrl: 'x' },
    'POST /admin/v1/endpoints': { platform: 'koywe', name: 'a', secret: 'a'.repeat(32) },
    'PATCH /admin/v1/endpoints/{id}': { state: 'paused' },
    'POST /admin/v1/endpoints/{id}/try-addresses': { allowedAddresses: [] },
    'POST /admin/v1/destinations': { name: 'a', url: 'x' },
    'PATCH /admin/v1/destinations/{id}': { state: 'paused' },
    'POST /admin/v1/events/{id}/replay': {},
    'PATCH /admin/v1/keys/{id}': { note: 'a' },
    'POST /admin/v1/keys/{id}/rotate': {},
    'POST /admin/v1/keys/{id}/retire': { secret: newId('secret', systemClock) },
    'POST /admin/v1/keys/{id}/signers': { scheme: 'mintmove', algorithm: 'hmac-sha256' },
    'POST /admin/v1/keys/{id}/signers/retire': { signer: newId('signer', systemClock) },
    'POST /admin/v1/keys/{id}/try-addresses': { allowedAddresses: [] },
    'POST /api/v1/auth/credentials/rotate-secret': {},
    'POST /api/v1/auth/sign-in': { apiKey: ids['keys'], secret: 'x' },
    'POST /in/{endpoint}': {},
  };
  for (const [template, methods] of Object.entries(paths)) {
    if (/^\/(?:livez|readyz)$/.test(template)) continue;
    for (const name of Object.keys(methods)) {
      const method = Object.entries(METHODS).find(([lower]) => lower === name)?.[1];
      if (method === undefined) continue;
      const room = /^\/admin\/v1\/(\w+)/.exec(template)?.[1] ?? '';
      const path = template
        .replace('{endpoint}', endpoint)
        .replace('{connection}/{path}', `${ids['connections'] ?? ''}/x`)
        .replace('{id}', ids[room] ?? '');
      const body = bodies[`${method} ${template}`];
      const answer = await call({ method, path, key: KEY, ...(body === undefined ? {} : { body }) });
      const problem = assertProblem(answer, 'INTERNAL');
      assert.doesNotMatch(answer.text, /secret|srv/);
      const line = lines.find(({ fields }) => fields?.request === problem.requestId);
      assert.equal(line?.message, 'request failed');
      assert.match(String(Object(line.fields?.error).message), /select secret/);
    }
  }
});

test('503 with Retry-After when the store is away, and readiness says so while life goes on', async (t) => {
  const away = async (): Promise<never> => {
    throw new Fault('STORE_UNAVAILABLE', { retryAfterSeconds: 2 });
  };
  const access = roomWith<Access>({ signatureOf: () => null, authenticate: away, signIn: away });
  const ingest = roomWith<Ingest>({ expect: async () => undefined, receive: away });
  const listener = await withListener(t, { rooms: { access, ingest, health: away } });
  const call = withClient(t, listener);
  const answers = [
    await call({ path: '/readyz' }),
    await call({ path: '/admin/v1/keys', key: KEY }),
    await call({ path: `/out/${newId('connection', systemClock)}/x`, key: KEY }),
    await call({ method: 'POST', path: `/in/${endpoint}`, body: '{}' }),
  ];
  for (const answer of answers) {
    assertProblem(answer, 'STORE_UNAVAILABLE');
    assert.equal(answer.headers['retry-after'], '2');
  }
  assert.equal((await call({ path: '/livez' })).status, 200);
});

test('readiness asks the store once, however many ask', async (t) => {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const health = async (): Promise<void> => {
    asked += 1;
    await gate.promise;
  };
  const listener = await withListener(t, { rooms: { health } });
  const many = await Promise.all(Array.from({ length: 20 }, () => withRaw(t, listener)));
  for (const raw of many) raw.send('GET /readyz HTTP/1.1\r\nHost: gateway\r\n\r\n');
  const call = withClient(t, listener);
  for (let count = 0; count < 5; count++) assert.equal((await call({ path: '/livez' })).status, 200);
  gate.resolve();
  for (const raw of many) assert.equal((await raw.answer()).status, 200);
  assert.equal(asked, 1);
});

test('every fault of a room is its own problem', async (t) => {
  const codes: FaultCode[] = [
    'WEBHOOK_REFUSED',
    'ENDPOINT_PAUSED',
    'AUDIT_UNAVAILABLE',
    'OUTBOUND_TIMEOUT',
    'OPEN_FAILED',
    'CONFLICT',
  ];
  for (const code of codes) {
    const ingest = roomWith<Ingest>({
      expect: async () => undefined,
      receive: async () => {
        throw new Fault(code, { cause: new Error('select secret from room') });
      },
    });
    const listener = await withListener(t, { rooms: { ingest } });
    assertProblem(
      await withClient(t, listener)({ method: 'POST', path: `/in/${endpoint}`, body: '{}' }),
      code,
    );
  }
});

test('413 at the limit of each surface, to the byte, announced or in chunks', async (t) => {
  const received: number[] = [];
  const ingest = roomWith<Ingest>({
    expect: async () => undefined,
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
