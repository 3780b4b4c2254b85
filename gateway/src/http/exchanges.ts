import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Handles it. */
  readonly run: () => void;
  /** Refuses it with an answer that closes the connection, because too many wait already. */
  readonly refuse: () => void;
}

/** The requests of every connection and their answers. */
export interface Exchanges {
  /** Runs an exchange when those before it on its connection are over; drops it when the connection is ending. */
  enter(exchange: Exchange): void;
  /** The exchange that came last on a connection and is not over. */
  last(socket: Socket): Exchange | null;
  /** Called when the exchanges of a connection are over, at once when there are none; the connection takes no others. */
  finally(socket: Socket, end: () => void): void;
}

/** Requests of one connection that wait for the answer to the one before (pipelining). */
const WAITING_MAX = 16;

interface Line {
  running: Exchange | null;
  readonly waiting: Exchange[];
  /** Nothing more is taken. */
  isFull: boolean;
  end: (() => void) | null;
}

/**
 * Takes the requests of a connection one after the other. Node would run pipelined ones at once, although only safe
 * methods may (RFC 9112 section 9.3.2), and would run those behind an answer that closes the connection as well,
 * although none of them may (section 9.6).
 */
export function createExchanges(): Exchanges {
  const lines = new WeakMap<Socket, Line>();

  const lineOf = (socket: Socket): Line => {
    let line = lines.get(socket);
    if (line === undefined)
      lines.set(socket, (line = { running: null, waiting: [], isFull: false, end: null }));
    return line;
  };

  const start = (line: Line, exchange: Exchange): void => {
    line.running = exchange;
    const { request, response, run } = exchange;
    response.once('close', () => {
      line.running = null;
      const isLast = response.getHeader('connection') === 'close' || request.socket.destroyed;
      if (isLast) line.waiting.length = 0;
      const next = line.waiting.shift();
      if (next !== undefined) start(line, next);
      else line.end?.();
    });
    run();
  };

  return {
    enter(exchange) {
      const line = lineOf(exchange.request.socket);
      if (line.end !== null || line.isFull) return;
      line.isFull = line.waiting.length === WAITING_MAX;
      if (line.running === null) start(line, exchange);
      else line.waiting.push(line.isFull ? { ...exchange, run: exchange.refuse } : exchange);
    },
    last(socket) {
      const line = lines.get(socket);
      return line?.waiting.at(-1) ?? line?.running ?? null;
    },
    finally(socket, end) {
      const line = lineOf(socket);
      if (line.end !== null) return;
      line.end = end;
      if (line.running === null) end();
    },
  };
}
