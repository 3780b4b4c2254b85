// Answers of one connection come in the order of its requests, each request runs after the answer before it, and none runs
// behind an answer that ends the connection. RFC 9112 sections 9.3.2 and 9.6. U14; trap "A crafted input never ends the process".
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { Fault, newId, systemClock } from '#base';
import type { Ingest } from '#ingest';
import { withClient } from '#test/client';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { roomWith, withListener } from './http.fixture.ts';

const endpoint = newId('endpoint', systemClock);
const steps: string[] = [];
let gate: { promise: Promise<void>; resolve: () => void } = Promise.withResolvers<void>();
beforeEach(() => {
  steps.length = 0;
  gate = Promise.withResolvers<void>();
});

const ingest = roomWith<Ingest>({
  expect: async () => ({ bodyBytesMax: 100_000 }),
  receive: async ({ body }) => {
    const text = Buffer.from(body).toString();
    steps.push(`begin ${text}`);
    if (text === 'slow') await gate.promise;
    if (text === 'bad') throw new Fault('WEBHOOK_REFUSED');
    steps.push(`end ${text}`);
    return { event: newId('event', systemClock), duplicate: text === 'twice' };
  },
});
const listener = await withListener(
  { after },
  { rooms: { ingest }, limits: { webhookBodyBytesMax: 100_000 } },
);
const post = (body: string, more = ''): string =>
  `POST /in/${endpoint} HTTP/1.1\r\nHost: gateway\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
const live = 'GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n';

test('pipelined requests run one after the other and are answered in order', async (t) => {
  const connection = await withRaw(t, listener);
  connection.send(post('slow') + post('twice') + live + post('bad') + live);
  const other = await withRaw(t, listener);
  other.send(post('meanwhile'));
  assert.equal((await other.answer()).status, 200);
  assert.deepEqual(steps, ['begin slow', 'begin meanwhile', 'end meanwhile']);
  gate.resolve();
  assert.match((await connection.answer()).text, /"duplicate":false/);
  assert.match((await connection.answer()).text, /"duplicate":true/);
  assert.match((await connection.answer()).text, /live/);
  assertProblem(await connection.answer(), 'WEBHOOK_REFUSED');
  assert.match((await connection.answer()).text, /live/);
  assert.deepEqual(steps.slice(3), ['end slow', 'begin twice', 'end twice', 'begin bad']);
});

test('what cannot be understood is answered after what came before it', async (t) => {
  const connection = await withRaw(t, listener);
  connection.send(`${post('slow')}${live}NONSENSE\r\n\r\n${post('behind')}`);
  gate.resolve();
  assert.equal((await connection.answer()).status, 200);
  assert.match((await connection.answer()).text, /live/);
  assertProblem(await connection.answer(), 'INVALID_REQUEST');
  assert.equal(await connection.closed, '');
  assert.ok(!steps.includes('begin behind'));
});

test('no more than a few wait on one connection; the next is refused in its turn, those behind it dropped', async (t) => {
  const connection = await withRaw(t, listener);
  connection.send(post('slow') + live.repeat(16) + live + post('behind').repeat(5_000));
  gate.resolve();
  assert.equal((await connection.answer()).status, 200);
  for (let count = 0; count < 16; count++) assert.equal((await connection.answer()).status, 200);
  const problem = await connection.answer();
  assertProblem(problem, 'BUSY');
  assert.equal(problem.headers['retry-after'], '1');
  assert.equal(await connection.closed, '');
  assert.ok(!steps.includes('begin behind'));
});

test('an answer before the body was read ends the connection: the body is not the next request', async (t) => {
  const smuggled = post('smuggled');
  for (const head of [
    `POST /nowhere HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100000\r\n\r\n`,
    `GET /livez HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100000\r\n\r\n`,
    `POST /in/${endpoint} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100001\r\n\r\n`,
    `POST /nowhere HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n`,
  ]) {
    const connection = await withRaw(t, listener);
    connection.send(head + smuggled);
    const answer = await connection.answer();
    assert.ok(answer.status >= 400);
    assert.equal(answer.headers['connection'], 'close');
    assert.equal(await connection.closed, '');
  }
  assert.deepEqual(steps, []);
});

test('a refused body is no reason to lose the connection when it has been read', async (t) => {
  const connection = await withRaw(t, listener);
  connection.send(post('bad') + live);
  assertProblem(await connection.answer(), 'WEBHOOK_REFUSED');
  assert.match((await connection.answer()).text, /live/);
});

test('a sender of too much gets to read the answer, although it is still sending', async (t) => {
  const call = withClient(t, listener);
  for (let round = 0; round < 5; round++) {
    const answer = await call({
      method: 'POST',
      path: `/in/${endpoint}`,
      body: new Uint8Array(8 * 1024 * 1024),
    });
    assertProblem(answer, 'BODY_TOO_LARGE');
  }
});

test('a sender that asks first is invited only when its body is wanted', async (t) => {
  const connection = await withRaw(t, listener);
  const ask = (length: number) =>
    `POST /in/${endpoint} HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
  connection.send(ask(5));
  assert.equal((await connection.answer()).status, 100);
  connection.send('asked');
  assert.equal((await connection.answer()).status, 200);
  connection.send(ask(100_001));
  assertProblem(await connection.answer(), 'BODY_TOO_LARGE');
  await connection.closed;
});

test('a body cut off in the middle is never acted upon, and the listener goes on', async (t) => {
  const whole = post('x'.repeat(1_000));
  for (const length of [1, 20, whole.length - 1_000, whole.length - 999, whole.length - 1]) {
    for (const how of ['end', 'destroy'] as const) {
      const connection = await withRaw(t, listener);
      connection.send(whole.slice(0, length));
      await new Promise((resolve) => connection.socket.write('', resolve));
      connection.socket[how]();
      await connection.closed;
    }
  }
  const chunked = `POST /in/${endpoint} HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`;
  const connection = await withRaw(t, listener);
  connection.send(chunked);
  connection.socket.end();
  await connection.closed;
  assert.deepEqual(steps, []);
  const call = withClient(t, listener);
  assert.equal((await call({ path: '/livez' })).status, 200);
});
