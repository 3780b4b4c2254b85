import type { ServerResponse } from 'node:http';

/** The body of an answer, piece by piece; `isOver` once the last piece was given. */
export interface AnswerPieces extends AsyncIterableIterator<Uint8Array> {
  readonly isOver?: boolean;
}

/**
 * Writes a body behind the header fields that are set, no faster than its receiver reads. What came in one piece leaves in
 * one write, with its length. A receiver that goes away lets the body go at once.
 *
 * Throws what the body throws; whether the answer has begun then, the response tells.
 */
export async function sendPieces(response: ServerResponse, body: AnswerPieces): Promise<void> {
  const leave = (): void => {
    if (!response.writableFinished) body.return?.().catch(() => undefined);
  };
  if (response.closed) return leave();
  response.once('close', leave);
  const first = await body.next();
  if (response.closed) return;
  if (first.done === true) return void response.end();
  if (body.isOver === true) {
    response.setHeader('content-length', first.value.length);
    return void response.end(first.value);
  }
  for (let piece: IteratorResult<Uint8Array> = first; piece.done !== true; piece = await body.next()) {
    if (response.closed) return;
    if (!response.write(piece.value)) await drained(response);
  }
  response.end();
}

/** Resolves when more may be written, or when nobody reads any longer. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}
