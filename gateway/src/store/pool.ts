import { once } from 'node:events';
import { Pool, type PoolClient } from 'pg';
import { Fault, type Limits, type Log } from '#base';
import { type Address, connectionConfig } from './connection.ts';
import { codeOf, StoreFailure, storeFault } from './failure.ts';
import type { Pulse } from './pulse.ts';
import { columnTypes } from './values.ts';

/** A connection lent to one transaction. */
export interface Lease {
  readonly client: PoolClient;
  /** Gives it back; `broken` closes it instead. */
  release(broken: boolean): void;
}

export interface ConnectionPool {
  /** Lends a connection; `BUSY` when none becomes free in time, `STORE_UNAVAILABLE` when none can be made or Postgres is silent. */
  lend(): Promise<Lease>;
  /** Closes idle connections at once and lent ones when they come back; all that are left after two seconds. */
  close(): Promise<void>;
}

/** Transactions that may wait for a connection at once; more are refused at once. */
const WAITING_MAX = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
/** Caches of the server grow with a connection's age. */
const LIFE_SECONDS = 3_600;
/** A server that hangs takes no leave. */
const CLOSE_TIMEOUT_MS = 2_000;

/** A pool with a bounded number of connections, and a bounded number of waiters, each of bounded patience. */
export function createPool(options: {
  address: Address;
  limits: Limits;
  log: Log;
  pulse: Pulse;
}): ConnectionPool {
  const { address, limits, log, pulse } = options;
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
  const clients = new Set<PoolClient>();
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    clients.add(client);
    pulse.attend(client);
  });
  pool.on('remove', (client) => clients.delete(client));

  const waiting: { grant: () => void; refuse: (fault: Fault) => void }[] = [];
  const connecting = new Set<(fault: Fault) => void>();
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
        refuse: (fault: Fault) => {
          clearTimeout(timer);
          reject(fault);
        },
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(busy());
      }, limits.poolWaitTimeoutMs);
      waiting.push(waiter);
    });
  }

  /** A connection, idle or new; one that is still being made when Postgres is found silent is not waited for. */
  async function connected(): Promise<PoolClient> {
    const { promise: refused, reject } = Promise.withResolvers<never>();
    const client = pool.connect();
    connecting.add(reject);
    try {
      return await Promise.race([client, refused]);
    } catch (error) {
      client.then(
        (late) => late.release(true),
        () => undefined,
      );
      throw error;
    } finally {
      connecting.delete(reject);
    }
  }

  /** Ends every connection where it is, and refuses whoever waits for one: Postgres is silent. */
  function cut(): void {
    for (const { refuse } of waiting.splice(0)) refuse(silentFault());
    for (const refuse of connecting) refuse(silentFault());
    for (const { connection } of clients) connection.stream.destroy();
  }

  const unsubscribe = pulse.onSilent(cut);

  return {
    async lend() {
      if (closed) throw closedFault();
      if (pulse.isSilent()) throw silentFault();
      await permit();
      try {
        if (closed) throw closedFault();
        const client = await connected();
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
      const timer = setTimeout(cut, CLOSE_TIMEOUT_MS);
      await pool.end();
      await Promise.all([...clients].map((client) => once(client, 'end')));
      clearTimeout(timer);
      unsubscribe();
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
  return unavailable('The store is closed.');
}

function silentFault(): Fault {
  return unavailable('Postgres does not answer.');
}

function unavailable(reason: string): Fault {
  return new Fault('STORE_UNAVAILABLE', { retryAfterSeconds: 1, cause: new StoreFailure(reason) });
}
