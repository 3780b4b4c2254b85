// A request is framed in one way only: whatever two readers could cut differently is refused, and its connection ends.
// Q14 U14; traps "CVE: request smuggling", "A crafted input never ends the process".
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newId, systemClock } from '#base';
import type { Ingest } from '#ingest';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { roomWith, withListener } from './http.fixture.ts';

const received: string[] = [];
const ingest = roomWith<Ingest>({
  expect: async () => ({ bodyBytesMax: 1_048_576 }),
  receive: async ({ body }) => {
    received.push(Buffer.from(body).toString());
    return { event: newId('event', systemClock), duplicate: false };
  },
});
const listener = await withListener({ after }, { rooms: { ingest } });
const endpoint = newId('endpoint', systemClock);
const head = `POST /in/${endpoint} HTTP/1.1\r\nHost: gateway\r\n`;
const next = 'GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n';

// Each is followed by a second request; a reader who is fooled would answer it.
const SMUGGLING: Readonly<Record<string, string>> = {
  'a length and chunks': `${head}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
  'chunks and a length': `${head}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG`,
  'two lengths': `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
  'two equal lengths': `${head}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`,
  'a list of lengths': `${head}Content-Length: 1, 1\r\n\r\na`,
  'a signed length': `${head}Content-Length: +1\r\n\r\na`,
  'a negative length': `${head}Content-Length: -1\r\n\r\na`,
  'a hexadecimal length': `${head}Content-Length: 0x1\r\n\r\na`,
  'an empty length': `${head}Content-Length: \r\n\r\n`,
  'a length beyond 2^64': `${head}Content-Length: 18446744073709551617\r\n\r\na`,
  'a coding besides chunked': `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'a coding after chunked': `${head}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
  'a coding that is not chunked': `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  identity: `${head}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  'chunked twice': `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunked in a list': `${head}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  'chunked behind a tab': `${head}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`,
  'a space before the colon': `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  'a folded line': `${head}X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n`,
  'a folded coding': `${head}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
  'line feeds alone': `POST /in/${endpoint} HTTP/1.1\nHost: gateway\nContent-Length: 0\n\n`,
  'a line feed alone in the head': `${head}X-A: a\nContent-Length: 0\r\n\r\n`,
  'a carriage return alone': `${head}X-A: a\rContent-Length: 0\r\n\r\n`,
  'a zero byte': `${head}X-A: a\0b\r\nContent-Length: 0\r\n\r\n`,
  'no colon': `${head}X-A\r\nContent-Length: 0\r\n\r\n`,
  'an empty name': `${head}: a\r\nContent-Length: 0\r\n\r\n`,
  'a chunk size that is none': `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\na\r\n0\r\n\r\n`,
  'a chunk size with a prefix': `${head}Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n`,
  'a signed chunk size': `${head}Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n`,
  'a chunk size beyond 2^64': `${head}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(17)}\r\na\r\n0\r\n\r\n`,
  'a chunk longer than its size': `${head}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n`,
  'a chunk ended by a line feed': `${head}Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n`,
  'no host': `POST /in/${endpoint} HTTP/1.1\r\nContent-Length: 0\r\n\r\n`,
  'two hosts': `${head}Host: other\r\nContent-Length: 0\r\n\r\n`,
  'another protocol': `POST /in/${endpoint} HTTP/2.0\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n`,
  'no protocol': `GET /livez\r\n\r\n`,
  'chunks in HTTP/1.0': `POST /in/${endpoint} HTTP/1.0\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'an expectation that is none': `${head}Expect: 200-ok\r\nContent-Length: 0\r\n\r\n`,
  'the start of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'not HTTP': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
};

for (const [name, bytes] of Object.entries(SMUGGLING)) {
  test(`refuses ${name}, and nothing behind it`, async (t) => {
    received.length = 0;
    const connection = await withRaw(t, listener);
    connection.send(bytes + next);
    const answer = await connection.answer();
    assertProblem(answer, 'INVALID_REQUEST');
    assert.deepEqual(received, []);
    const rest = connection.closed;
    if (answer.headers['connection'] === 'close') assert.equal(await rest, '');
    else connection.send('GET /livez HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n');
    const livesSeen = (await rest).split('"live":true').length - 1;
    // Behind a request without a body the connection goes on, and each request is answered once.
    assert.equal(livesSeen, answer.headers['connection'] === 'close' ? 0 : 2);
  });
}

test('what comes in chunks is put together, extensions and trailers dropped', async (t) => {
  received.length = 0;
  const connection = await withRaw(t, listener);
  connection.send(
    `${head}Transfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n`,
  );
  assert.equal((await connection.answer()).status, 200);
  assert.deepEqual(received, ['abcde']);
});

test('a flood of chunk extensions and of trailers is cut off', async (t) => {
  for (const flood of [
    `1;${'a'.repeat(40_000)}\r\na\r\n0\r\n\r\n`,
    `0\r\n${'X-T: t\r\n'.repeat(10_000)}\r\n`,
  ]) {
    received.length = 0;
    const connection = await withRaw(t, listener);
    connection.send(`${head}Transfer-Encoding: chunked\r\n\r\n${flood}`);
    const { status } = await connection.answer();
    assert.ok([413, 431].includes(status), String(status));
    await connection.closed;
    assert.deepEqual(received, []);
  }
});
