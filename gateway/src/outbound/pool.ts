import type { Clock, Fault } from '#base';
import { OUTBOUND_BOUNDS } from './bounds.ts';
import { type Connection, openConnection } from './connection.ts';
import type { Dial, DialTarget } from './dial.ts';
import { unsentFault } from './faults.ts';

/** A call that waits for a connection. */
export interface Waiting {
  readonly connection: Promise<Connection>;
  /** Ends the wait, and the dialling it began, with this fault. */
  cancel(fault: Fault): void;
}

/** The connections to one origin under one credential, one set of authorities and one set of pins. */
export interface Pool {
  /** An idle connection, or `null`. */
  take(): Connection | null;
  /** Dials, or waits in line where the pool is full. Throws `BUSY` when the line is full, too. */
  wait(connectTimeoutMs: number): Waiting;
  /** Gives a connection back; a closed or old one is not kept. */
  release(connection: Connection): void;
  /** Open connections and those being dialled. */
  size(): number;
  /** Whether no call uses or awaits a connection. */
  isIdle(): boolean;
  /** Closes idle connections and cancels waiting calls; `force` also closes those in use. */
  close(options: { fault: Fault; force: boolean }): void;
}

export interface PoolOptions {
  readonly target: DialTarget;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly connectionsMax: number;
  readonly queueMax: number;
  readonly idleTimeoutMs: number;
  readonly headersBytesMax: number;
  /** Called when the last connection has gone and nobody waits. */
  readonly onEmpty: () => void;
}

interface Waiter {
  readonly connectTimeoutMs: number;
  readonly resolve: (connection: Connection) => void;
  readonly reject: (reason: unknown) => void;
}

/** Makes a pool. A call dials for itself, so that its cancellation ends its dialling and nobody else's. */
export function createPool(options: PoolOptions): Pool {
  const { target, dial, clock } = options;
  const host = target.origin.host;
  const open = new Set<Connection>();
  const idle: Connection[] = [];
  const line = new Set<Waiter>();
  const dialling = new Set<AbortController>();
  let closed = false;

  function isFresh(connection: Connection): boolean {
    return (
      !connection.socket.destroyed &&
      clock.monotonic() - connection.openedAtMs < OUTBOUND_BOUNDS.connectionLifeMs
    );
  }

  /** A place became free: the first in line dials. */
  function advance(): void {
    const [first] = line;
    if (first !== undefined && open.size + dialling.size < options.connectionsMax) {
      line.delete(first);
      dialFor(first, new AbortController());
    } else if (open.size + dialling.size + line.size === 0) {
      options.onEmpty();
    }
  }

  function dialFor(waiter: Waiter, stop: AbortController): void {
    dialling.add(stop);
    dial(target, { stop, timeoutMs: waiter.connectTimeoutMs }).then(
      (dialled) => {
        dialling.delete(stop);
        const connection = openConnection(dialled, {
          origin: target.origin.text,
          openedAtMs: clock.monotonic(),
          headersBytesMax: options.headersBytesMax,
          idleTimeoutMs: options.idleTimeoutMs,
        });
        open.add(connection);
        connection.socket.once('close', () => {
          open.delete(connection);
          const at = idle.indexOf(connection);
          if (at !== -1) idle.splice(at, 1);
          advance();
        });
        // Cancelled in the moment between the handshake and here: nobody waits for it any more.
        if (stop.signal.aborted) connection.socket.destroy();
        else waiter.resolve(connection);
      },
      (error: unknown) => {
        dialling.delete(stop);
        waiter.reject(error);
        advance();
      },
    );
  }

  return {
    take() {
      for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
        if (isFresh(connection)) return connection;
        connection.socket.destroy();
      }
      return null;
    },

    wait(connectTimeoutMs) {
      const { promise, resolve, reject } = Promise.withResolvers<Connection>();
      const waiter: Waiter = { connectTimeoutMs, resolve, reject };
      if (open.size + dialling.size < options.connectionsMax) {
        const stop = new AbortController();
        dialFor(waiter, stop);
        return { connection: promise, cancel: (fault) => stop.abort(fault) };
      }
      if (line.size >= options.queueMax) {
        throw unsentFault('BUSY', { detail: `${host}: too many calls are waiting.`, retryAfterSeconds: 1 });
      }
      line.add(waiter);
      return {
        connection: promise,
        cancel(fault) {
          line.delete(waiter);
          reject(fault);
        },
      };
    },

    release(connection) {
      connection.served += 1;
      const [first] = line;
      if (closed || !isFresh(connection)) {
        connection.socket.destroy();
      } else if (first === undefined) {
        idle.push(connection);
      } else {
        line.delete(first);
        first.resolve(connection);
      }
    },

    size: () => open.size + dialling.size,
    isIdle: () => open.size === idle.length && dialling.size + line.size === 0,

    close({ fault, force }) {
      closed = true;
      for (const waiter of line) waiter.reject(fault);
      line.clear();
      for (const stop of dialling) stop.abort(fault);
      for (const connection of force ? open : [...idle]) connection.socket.destroy();
    },
  };
}
