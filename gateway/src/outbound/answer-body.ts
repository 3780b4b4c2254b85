import type { Fault } from '#base';
import { OUTBOUND_BOUNDS } from './bounds.ts';

/** What a waiting piece costs besides its bytes, so that a body in one-byte pieces is bounded, too. */
const PIECE_OVERHEAD_BYTES = 128;

/** How a body steers its connection. */
export interface AnswerBodyEvents {
  /** The reader is behind: stop reading from the connection. */
  onFull(): void;
  /** The reader has caught up. */
  onDrained(): void;
  /** The reader went away before the end. */
  onAbandoned(): void;
}

/** The body of an answer: a bounded queue between the connection and one reader. */
export class AnswerBody implements AsyncIterableIterator<Uint8Array> {
  readonly #events: AnswerBodyEvents;
  readonly #pieces: Uint8Array[] = [];
  #bufferedBytes = 0;
  #full = false;
  #state: 'open' | 'ended' | 'abandoned' = 'open';
  #fault: Fault | null = null;
  #reader: PromiseWithResolvers<IteratorResult<Uint8Array>> | null = null;

  constructor(events: AnswerBodyEvents) {
    this.#events = events;
  }

  /** A piece arrived. */
  push(piece: Uint8Array): void {
    if (this.#state !== 'open') return;
    const reader = this.#takeReader();
    if (reader !== null) return reader.resolve({ done: false, value: piece });
    this.#pieces.push(piece);
    this.#bufferedBytes += piece.length + PIECE_OVERHEAD_BYTES;
    if (this.#bufferedBytes < OUTBOUND_BOUNDS.bufferedBytesMax || this.#full) return;
    this.#full = true;
    this.#events.onFull();
  }

  /** The body is complete. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#takeReader()?.resolve({ done: true, value: undefined });
  }

  /** The body will never be complete: what was buffered is not handed out any more. */
  fail(fault: Fault): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#fault = fault;
    this.#drop();
    this.#takeReader()?.reject(fault);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#fault !== null) return Promise.reject(this.#fault);
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#bufferedBytes -= piece.length + PIECE_OVERHEAD_BYTES;
      if (this.#full && this.#bufferedBytes < OUTBOUND_BOUNDS.bufferedBytesMax / 2) {
        this.#full = false;
        this.#events.onDrained();
      }
      return Promise.resolve({ done: false, value: piece });
    }
    if (this.#state !== 'open') return Promise.resolve({ done: true, value: undefined });
    if (this.#reader !== null) return Promise.reject(new TypeError('the body is already being read'));
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  /** The reader leaves: an unfinished answer takes its connection with it. */
  return(): Promise<IteratorResult<Uint8Array>> {
    const wasOpen = this.#state === 'open';
    this.#state = 'abandoned';
    this.#drop();
    this.#takeReader()?.resolve({ done: true, value: undefined });
    if (wasOpen) this.#events.onAbandoned();
    return Promise.resolve({ done: true, value: undefined });
  }

  #takeReader(): PromiseWithResolvers<IteratorResult<Uint8Array>> | null {
    const reader = this.#reader;
    this.#reader = null;
    return reader;
  }

  #drop(): void {
    this.#pieces.length = 0;
    this.#bufferedBytes = 0;
  }
}
