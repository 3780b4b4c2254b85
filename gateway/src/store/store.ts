import type { Clock, EnvironmentId, Limits, Log, Secret, Statement, Transaction } from '#base';
import { type Changes, createChanges } from './changes.ts';
import { parseAddress } from './connection.ts';
import { isRepeatable } from './failure.ts';
import { createListener } from './listener.ts';
import { type HeldLock, withAdvisoryLock } from './lock.ts';
import { createPool } from './pool.ts';
import { createPulse } from './pulse.ts';
import { appliedMigrations, schemaVersion } from './queries.ts';
import { runSingle } from './single.ts';
import { checkSuitability } from './suitability.ts';
import { runTransaction, type Scope } from './transaction.ts';

export interface TransactionOptions {
  /** The work has no effects but its statements: it is run again after a serialization failure or a deadlock. */
  readonly repeatable?: boolean;
  /**
   * Its statements are planned each time for the values they get. For filters of which some are null: a plan made once for
   * all values has to do without the index of the one that is given, and reads all of history for a rare one.
   */
  readonly plansEach?: boolean;
}

/** The database, as the other rooms see it. */
export interface Store {
  /** Runs work in a transaction that sees one environment's rows, and commits it. */
  transaction<T>(
    environment: EnvironmentId,
    work: (tx: Transaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /**
   * Runs one statement that writes in a transaction of its own, of which no other statement is needed, and commits it in one
   * round trip; the number of rows touched.
   */
  write(
    environment: EnvironmentId,
    statement: Statement<unknown>,
    values: readonly unknown[],
  ): Promise<number>;
  /** Runs work in a transaction across environments, in the tables that admit it, and commits it. */
  system<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Runs work in a transaction that may delete the rows of an environment whose life is over, and commits it. */
  erase<T>(environment: EnvironmentId, work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Runs work while this process alone holds the lock of that name; `null` when another holds it. */
  withLock<T>(name: string, work: (lock: HeldLock) => Promise<T>): Promise<T | null>;
  /** Hears a channel until the function given back is called. Notices are lost in silence now and then: poll as well. */
  listen(channel: string, onNotice: (payload: string) => void): () => void;
  /** What nodes remember and must forget. */
  readonly changes: Changes;
  /** The version of the schema, and how long one statement took. Throws `STORE_UNAVAILABLE`. */
  health(): Promise<{ version: number; latencyMs: number }>;
  /** The numbers of the migrations applied. */
  applied(): Promise<readonly number[]>;
  /** Lets open transactions end and closes every connection. */
  close(): Promise<void>;
}

const REPETITIONS_MAX = 3;

/**
 * Opens the store. The database must be migrated. Throws `DATABASE_UNSUITABLE` when it can't keep what the gateway
 * promises, `STORE_UNAVAILABLE` when it can't be reached.
 *
 * @example const store = await createStore({ url, limits, log, clock: systemClock });
 */
export async function createStore(options: {
  url: Secret;
  limits: Limits;
  log: Log;
  clock: Clock;
}): Promise<Store> {
  const { limits, log, clock } = options;
  const address = parseAddress(options.url);
  const pulse = createPulse({ silentMs: limits.databaseSilentMs, clock, log });
  const pool = createPool({ address, limits, log, pulse });
  try {
    await checkSuitability(pool, log);
  } catch (error) {
    await pool.close();
    throw error;
  }
  const listener = createListener({ address, limits, log, pulse });
  const changes = createChanges({ address, limits, log, clock, pulse });

  async function run<T>(
    scope: Scope,
    work: (tx: Transaction) => Promise<T>,
    repeatable: boolean,
  ): Promise<T> {
    for (let repetition = 0; ; repetition += 1) {
      try {
        return await runTransaction(pool, scope, work);
      } catch (thrown) {
        if (!repeatable || repetition >= REPETITIONS_MAX || !isRepeatable(thrown)) throw thrown;
      }
    }
  }

  return {
    transaction: (environment, work, { repeatable = false, plansEach = false } = {}) =>
      run({ environment, ...(plansEach ? { plansEach } : {}) }, work, repeatable),
    write: (environment, statement, values) => runSingle(pool, environment, { statement, values }),
    system: (work, { repeatable = false } = {}) => run('system', work, repeatable),
    erase: (environment, work) => run({ environment, isErased: true }, work, false),
    withLock: (name, work) => withAdvisoryLock({ address, limits, pulse, name, work }),
    listen: listener.listen,
    changes,
    async health() {
      const start = clock.monotonic();
      const version = await run('system', (tx) => tx.row(schemaVersion, []), false);
      return { version: version ?? 0, latencyMs: clock.monotonic() - start };
    },
    applied: () => run('system', (tx) => tx.rows(appliedMigrations, []), false),
    async close() {
      await Promise.all([listener.close(), changes.close()]);
      pulse.close();
      await pool.close();
    },
  };
}
