import type { Limits } from '#base';
import type { Address } from './connection.ts';
import { connectDedicated } from './dedicated.ts';
import { storeFault } from './failure.ts';
import type { Pulse } from './pulse.ts';

/** A lock while it is held. */
export interface HeldLock {
  /** Fires when the connection that holds the lock is gone: another process may hold it from now on. */
  readonly lost: AbortSignal;
}

const NAME = /^[a-z][a-z0-9_:.-]{0,99}$/;

/**
 * Runs work under a session's advisory lock, held by a connection of its own; `null` when another session holds it.
 * The lock ends with the connection, so a process that dies leaves none behind. Work must stop when `lost` fires.
 */
export async function withAdvisoryLock<T>(options: {
  address: Address;
  limits: Limits;
  pulse: Pulse;
  name: string;
  work: (lock: HeldLock) => Promise<T>;
}): Promise<T | null> {
  const { address, limits, pulse, name, work } = options;
  if (!NAME.test(name)) throw new TypeError(`lock name ${name}`);
  const connection = await connectDedicated(address, limits, pulse);
  try {
    const { rows } = await connection.client
      .query<{ held: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as held', [
        `sallyport:${name}`,
      ])
      .catch((error: unknown) => {
        throw storeFault(error, { statement: 'store.lock' });
      });
    return rows[0]?.held === true ? await work({ lost: connection.lost }) : null;
  } finally {
    await connection.close(); // and with it the lock
  }
}
