import type { IncomingMessage } from 'node:http';
import { Fault } from '#base';
import type { ByteBudget } from './byte-budget.ts';

/** Plain fields: an AbortController for each request cost more than reading its body. */
interface BodyState {
  failure: Fault | null;
  onFailed: (() => void) | null;
  invite: (() => void) | null;
}

const states = new WeakMap<IncomingMessage, BodyState>();

/** Tells whether a body comes with a request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The sender waits to be told that its body is wanted (RFC 9110 section 10.1.1); told when somebody reads it. */
export function awaitInvitation(request: IncomingMessage, invite: () => void): void {
  stateOf(request).invite = invite;
}

/** Ends whoever reads the body with a fault: it arrives too slowly, or can't be understood. */
export function failBody(request: IncomingMessage, fault: Fault): void {
  const state = stateOf(request);
  state.failure ??= fault;
  state.onFailed?.();
}

export interface ReadBodyOptions {
  readonly request: IncomingMessage;
  readonly bytesMax: number;
  readonly budget: ByteBudget;
}

/**
 * Reads a whole body, counting while it streams: an announced length is checked first, chunked bodies as they come.
 *
 * Throws `BODY_TOO_LARGE`, `BUSY` (budget spent), `TIMED_OUT`, `INVALID_REQUEST` (its chunks can't be understood) or
 * `LENGTH_MISMATCH` (the sender went away).
 */
export async function readBody({ request, bytesMax, budget }: ReadBodyOptions): Promise<Uint8Array> {
  checkLength(request, bytesMax);
  if (!hasBody(request)) return new Uint8Array();
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const share = budget.open(() => settle(new Fault('BUSY', { retryAfterSeconds: 1 })));
  const state = beginReading(request);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const settle = (fault: Fault | null): void => {
    request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    state.onFailed = null;
    share.close();
    if (fault === null)
      return resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, bytes));
    // Nothing more is read for it: what stays in the socket holds the sender up.
    request.pause();
    chunks.length = 0;
    reject(fault);
  };
  const onData = (chunk: Buffer): void => {
    if (bytes + chunk.length > bytesMax) return settle(tooLarge(bytesMax));
    if (!share.take(chunk.length)) return settle(new Fault('BUSY', { retryAfterSeconds: 1 }));
    bytes += chunk.length;
    chunks.push(chunk);
  };
  const onEnd = (): void => settle(request.complete ? null : new Fault('LENGTH_MISMATCH'));
  const onBroken = (): void => settle(new Fault('LENGTH_MISMATCH'));
  state.onFailed = (): void => settle(state.failure);
  request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  if (state.failure !== null) settle(state.failure);
  else if (request.destroyed && !request.complete) onBroken();
  return promise;
}

/**
 * A body as it arrives, for whoever passes it on. Leaving it early leaves the connection open, so that an answer can
 * still be given. Throws what {@link readBody} throws.
 */
export async function* streamBody(request: IncomingMessage, bytesMax: number): AsyncGenerator<Uint8Array> {
  checkLength(request, bytesMax);
  const state = beginReading(request);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  state.onFailed = (): void => failed.reject(state.failure);
  if (state.failure !== null) failed.reject(state.failure);
  // Ended by its reader, the request must not be destroyed: its socket carries the answer.
  const iterator: AsyncIterator<unknown> = request.iterator({ destroyOnReturn: false });
  let bytes = 0;
  try {
    for (;;) {
      const next = iterator.next().catch(() => Promise.reject(new Fault('LENGTH_MISMATCH')));
      const step: IteratorResult<unknown, unknown> = await Promise.race([next, failed.promise]);
      if (step.done === true) return;
      const chunk = step.value;
      if (!(chunk instanceof Uint8Array)) throw new Fault('INTERNAL');
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      yield chunk;
    }
  } finally {
    state.onFailed = null;
    iterator.return?.().catch(() => undefined);
  }
}

function beginReading(request: IncomingMessage): BodyState {
  const state = stateOf(request);
  state.invite?.();
  state.invite = null;
  return state;
}

function stateOf(request: IncomingMessage): BodyState {
  let state = states.get(request);
  if (state === undefined) states.set(request, (state = { failure: null, onFailed: null, invite: null }));
  return state;
}

function checkLength(request: IncomingMessage, bytesMax: number): void {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
}

function tooLarge(bytesMax: number): Fault {
  return new Fault('BODY_TOO_LARGE', { detail: `At most ${bytesMax} bytes.` });
}
