/** What the call wants to know about its body. */
export interface RequestBodyEvents {
  /** The connection takes more; from here on we wait for the source, not for the other side. */
  onWaitForSource(): void;
  /** A piece, or the end, is about to be written: from here on it may have been sent. */
  onWrite(): void;
  /** The source failed. */
  onSourceFailed(error: unknown): void;
}

/**
 * A streamed body as undici reads it, one piece at a time, so that back-pressure reaches the source.
 *
 * undici waits for a source without end; this one can be stopped at any moment, and then lets the source go.
 */
export class RequestBody implements AsyncIterableIterator<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  #iterator: AsyncIterator<Uint8Array> | null = null;
  readonly #events: RequestBodyEvents;
  #ended = false;
  #stopped = false;
  #rejectPending: ((reason: unknown) => void) | null = null;

  constructor(source: AsyncIterable<Uint8Array>, events: RequestBodyEvents) {
    this.#source = source;
    this.#events = events;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#stopped) return Promise.reject(new Error('stopped'));
    this.#events.onWaitForSource();
    return new Promise((resolve, reject) => {
      this.#rejectPending = reject;
      const fail = (error: unknown): void => {
        this.#ended = true;
        if (!this.#stopped) this.#events.onSourceFailed(error);
        reject(error);
      };
      const take = (result: IteratorResult<Uint8Array>): void => {
        this.#rejectPending = null;
        if (this.#stopped) return;
        if (result.done === true) this.#ended = true;
        else if (!(result.value instanceof Uint8Array))
          return fail(new TypeError('a body is made of Uint8Array'));
        this.#events.onWrite();
        resolve(result);
      };
      // A source that throws before it gives a promise is a source that fails.
      Promise.try(() => this.#begin().next()).then(take, fail);
    });
  }

  /** undici gives the body up. */
  return(): Promise<IteratorResult<Uint8Array>> {
    this.stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the reading, and the source unless it has ended. One that was never begun is left as it is, for another try. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#rejectPending?.(new Error('stopped'));
    this.#rejectPending = null;
    if (!this.#ended) Promise.try(() => this.#iterator?.return?.()).catch(() => undefined);
  }

  #begin(): AsyncIterator<Uint8Array> {
    this.#iterator ??= this.#source[Symbol.asyncIterator]();
    return this.#iterator;
  }
}
