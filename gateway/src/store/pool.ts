import { Pool, type PoolClient } from 'pg';
import { Fault, type Limits, type Log } from '#base';
import { type Address, connectionConfig } from './connection.ts';
import { codeOf, StoreFailure, storeFault } from './failure.ts';
import { columnTypes } from './values.ts';

/** A connection lent to one transaction. */
export interface Lease {
  readonly client: PoolClient;
  /** Gives it back; `broken` closes it instead. */
  release(broken: boolean): void;
}

export interface ConnectionPool {
  /** Lends a connection; `BUSY` when none becomes free in time, `STORE_UNAVAILABLE` when none can be made. */
  lend(): Promise<Lease>;
  /** Closes idle connections at once and lent ones when they come back. */
  close(): Promise<void>;
}

/** Transactions that may wait for a connection at once; more are refused at once. */
const WAITING_MAX = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
/** Caches of the server grow with a connection's age. */
const LIFE_SECONDS = 3_600;

/** A pool with a bounded number of connections, and a bounded number of waiters, each of bounded patience. */
export function createPool(options: { address: Address; limits: Limits; log: Log }): ConnectionPool {
  const { address, limits, log } = options;
  const pool = new Pool({
    ...connectionConfig(address, 'runtime', {
      statementTimeoutMs: limits.statementTimeoutMs,
      lockTimeoutMs: limits.lockTimeoutMs,
      connectTimeoutMs: limits.poolWaitTimeoutMs,
    }),
    max: limits.poolConnectionsMax,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    maxLifetimeSeconds: LIFE_SECONDS,
    // Statements are written behind BEGIN without waiting for its answer: one round trip less each transaction.
    pipeline: true,
    types: columnTypes,
  });
  // Postgres restarted, the network broke: without listeners an event named `error` would end the process.
  pool.on('error', (error) =>
    log.warn('An idle connection to Postgres was lost.', { reason: codeOf(error) ?? 'closed' }),
  );
  pool.on('connect', (client) => client.on('error', () => undefined));

  const waiting: { grant: () => void }[] = [];
  let lent = 0;
  let closed = false;

  function pass(): void {
    const next = waiting.shift();
    if (next === undefined) lent -= 1;
    else next.grant();
  }

  function permit(): Promise<void> {
    if (lent < limits.poolConnectionsMax) {
      lent += 1;
      return Promise.resolve();
    }
    if (waiting.length >= WAITING_MAX) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const waiter = {
        grant: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(busy());
      }, limits.poolWaitTimeoutMs);
      waiting.push(waiter);
    });
  }

  return {
    async lend() {
      if (closed) throw closedFault();
      await permit();
      try {
        if (closed) throw closedFault();
        const client = await pool.connect();
        return {
          client,
          release(broken) {
            client.release(broken);
            pass();
          },
        };
      } catch (error) {
        pass();
        throw storeFault(error);
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await pool.end();
    },
  };
}

function busy(): Fault {
  return new Fault('BUSY', {
    retryAfterSeconds: 1,
    cause: new StoreFailure('No connection became free in time.'),
  });
}

function closedFault(): Fault {
  return new Fault('STORE_UNAVAILABLE', {
    retryAfterSeconds: 1,
    cause: new StoreFailure('The store is closed.'),
  });
}
