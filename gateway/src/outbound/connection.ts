import type { TLSSocket } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import type { Dialled } from './dial.ts';

/** A request as undici takes it; its types leave out the async iterables that its documentation has. */
export type DispatchOptions = Omit<Dispatcher.DispatchOptions, 'body'> & {
  body?: Exclude<Dispatcher.DispatchOptions['body'], undefined> | AsyncIterable<Uint8Array>;
};

/** The part of undici's client that is used. */
export interface HttpClient {
  dispatch(options: DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
}

/** One open connection with its HTTP client. */
export interface Connection {
  readonly client: HttpClient;
  readonly socket: TLSSocket;
  readonly address: string;
  /** `clock.monotonic()` when it was opened. */
  readonly openedAtMs: number;
  /** Answers completed on it. */
  served: number;
}

/** What the client reports when it finds its socket closed before anything of the request was written. */
export class StaleConnection extends Error {
  override readonly name = 'StaleConnection';
}

export interface ConnectionOptions {
  readonly origin: string;
  readonly openedAtMs: number;
  readonly headersBytesMax: number;
  readonly idleTimeoutMs: number;
}

/**
 * Wraps a dialled socket in an undici client that knows this socket and no other.
 *
 * undici connects anew by itself when the socket has gone; ours answers that with {@link StaleConnection}, so that no
 * request is ever moved to another socket behind our back: nothing of it was written at that point, and the pool
 * decides. Its time limits are off, since ours are exact and also count what its own leave out (1xx answers, uploads).
 */
export function openConnection({ socket, address }: Dialled, options: ConnectionOptions): Connection {
  let given = false;
  const client = new Client(options.origin, {
    connect: (_options, callback) => {
      const first = !given;
      given = true;
      // Never in the same turn: undici ignores what happens while it is connecting.
      queueMicrotask(() => (first ? callback(null, socket) : callback(new StaleConnection(), null)));
    },
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: options.headersBytesMax,
    keepAliveTimeout: options.idleTimeoutMs,
    keepAliveMaxTimeout: options.idleTimeoutMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    strictContentLength: true,
  });
  return { client, socket, address, openedAtMs: options.openedAtMs, served: 0 };
}
