// An answer in pieces arrives whole or visibly broken, is pulled no faster than it is read, and lets its source go as soon as
// its receiver leaves. L11; trap "every buffer has a limit".
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type AnswerPieces, sendPieces } from './answer-pieces.ts';

const PIECE = Buffer.alloc(64 * 1_024, 'x');

interface Source extends AnswerPieces {
  readonly given: () => number;
  readonly left: Promise<void>;
}

/** Gives pieces until there are no more, or fails then. */
function source(count: number, { fails = false, isOver = false } = {}): Source {
  let given = 0;
  const { promise: left, resolve } = Promise.withResolvers<void>();
  return {
    given: () => given,
    left,
    get isOver() {
      return isOver && given === count;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (given === count && fails) throw new Error('broken');
      if (given === count) return { done: true, value: undefined };
      given += 1;
      return { done: false, value: PIECE };
    },
    async return() {
      resolve();
      return { done: true, value: undefined };
    },
  };
}

async function answered(t: TestContext, body: AnswerPieces): Promise<IncomingMessage> {
  const server = createServer((_request, response) => {
    sendPieces(response, body).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const call = request({ host: '127.0.0.1', port }).end();
  call.on('error', () => undefined);
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

async function bytesOf(answer: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of answer) bytes += (chunk as Buffer).length;
  return bytes;
}

test('what came in one piece has a length; what came in more is whole', async (t) => {
  const one = await answered(t, source(1, { isOver: true }));
  assert.equal(one.headers['content-length'], String(PIECE.length));
  assert.equal(await bytesOf(one), PIECE.length);
  const many = await answered(t, source(50));
  assert.equal(many.headers['transfer-encoding'], 'chunked');
  assert.equal(await bytesOf(many), 50 * PIECE.length);
  const none = await answered(t, source(0));
  assert.equal(none.headers['content-length'], '0');
  assert.equal(await bytesOf(none), 0);
});

test('a body that breaks off never looks whole', async (t) => {
  await assert.rejects(bytesOf(await answered(t, source(3, { fails: true }))));
});

test('a receiver that does not read holds its source up, and lets it go when it leaves', async (t) => {
  const endless = source(Number.POSITIVE_INFINITY);
  const answer = await answered(t, endless);
  // Nothing is read: once the buffers of both sides are full the number stands still.
  let before = -1;
  for (let same = 0; same < 50; same = endless.given() === before ? same + 1 : 0) {
    before = endless.given();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(before < 1_000, `${before} pieces`);
  answer.destroy();
  await endless.left;
});
