import { type Connection, Query, type QueryConfig } from 'pg';
import { type EnvironmentId, Fault, isId, type Statement } from '#base';
import { StoreFailure, storeFault } from './failure.ts';
import { ENVIRONMENT_SETTING, RUNTIME_ROLE } from './isolation.ts';
import type { ConnectionPool } from './pool.ts';
import { checkedValues } from './values.ts';

/** Sets what a transaction sees, and gives no row: what it sets is never null. */
const ENTER = Object.freeze({
  name: 'store.enter',
  text: `select 1 where set_config('role', $1, true) is null or set_config('${ENVIRONMENT_SETTING}', $2, true) is null`,
});

/**
 * Runs one statement in a transaction of its own and commits it; the number of rows touched. When nothing was heard of its
 * end, the fault is one of which `outcomeUnknown` is true.
 *
 * Both go out in one message group, which is a transaction by itself that ends with it
 * (https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-PIPELINING): one write, one answer and one turn of
 * either process, where BEGIN, statement and COMMIT are three of each.
 */
export async function runSingle(
  pool: ConnectionPool,
  environment: EnvironmentId,
  { statement, values }: { statement: Statement<unknown>; values: readonly unknown[] },
): Promise<number> {
  if (!isId('environment', environment)) throw new TypeError('transaction: not an environment id');
  const { name, text } = statement;
  const checked = checkedValues(values);
  const lease = await pool.lend();
  // After a failure the driver may take statements for prepared that are not: the connection is not used again.
  let broken = true;
  try {
    const results = await new Promise<unknown>((resolve, reject) => {
      const onEnd = (error: Error | undefined | null, ended: unknown): void =>
        error === undefined || error === null ? resolve(ended) : reject(error);
      lease.client.query(new EnteringQuery({ name, text, values: checked }, { environment, onEnd }));
    });
    broken = lease.client.getTransactionStatus() !== 'I';
    const rows = rowsTouched(results);
    if (rows === null)
      throw new Fault('INTERNAL', { cause: new StoreFailure('Not two answers to two statements.') });
    return rows;
  } catch (error) {
    throw storeFault(error, { statement: name, outcome: 'unknown' });
  } finally {
    lease.release(broken);
  }
}

/** Connections on which {@link ENTER} is prepared. */
const entered = new WeakSet<Connection>();

interface Entering {
  readonly environment: EnvironmentId;
  readonly onEnd: (error: Error | undefined | null, ended: unknown) => void;
}

/** A statement with {@link ENTER} before it and one Sync behind both. The driver lets only its own class be pipelined. */
class EnteringQuery extends Query {
  constructor(config: QueryConfig, { environment, onEnd }: Entering) {
    super(config, onEnd);
    const submit = this.submit.bind(this);
    this.submit = (connection) => {
      const { stream } = connection;
      stream.cork();
      try {
        if (!entered.has(connection)) connection.parse({ ...ENTER, types: [] }, true);
        entered.add(connection);
        connection.bind({ statement: ENTER.name, values: [RUNTIME_ROLE, environment] }, true);
        connection.execute({}, true);
        return submit(connection);
      } finally {
        stream.uncork();
      }
    };
  }
}

/** Of the second of two answers; the driver gives a list where a query got several. */
function rowsTouched(results: unknown): number | null {
  if (!Array.isArray(results) || results.length !== 2) return null;
  const last: unknown = results[1];
  if (typeof last !== 'object' || last === null || !('rowCount' in last)) return null;
  return typeof last.rowCount === 'number' ? last.rowCount : 0;
}
