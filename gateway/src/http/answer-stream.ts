import { Readable } from 'node:stream';

/**
 * A stream of an answer's body that cleans up in every case: also when the receiver goes away before it has read
 * anything. A generator that was never begun runs nothing when it is returned, so this one is begun at once.
 */
export function answerStream(body: AsyncIterable<Uint8Array>): Readable {
  const iterator = body[Symbol.asyncIterator]();
  let begun: Promise<IteratorResult<Uint8Array>> | null = iterator.next();
  begun.catch(() => undefined); // whoever reads it sees it
  const next = (): Promise<IteratorResult<Uint8Array>> => {
    const result = begun ?? iterator.next();
    begun = null;
    return result;
  };
  const end = async (): Promise<IteratorResult<Uint8Array>> =>
    (await iterator.return?.()) ?? { done: true, value: undefined };
  return Readable.from({ [Symbol.asyncIterator]: () => ({ next, return: end }) }, { objectMode: false });
}
