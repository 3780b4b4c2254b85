import type { QueryResult } from 'pg';
import { type EnvironmentId, Fault, isId, type Statement, type Transaction } from '#base';
import { StoreFailure, storeFault } from './failure.ts';
import { ENVIRONMENT_SETTING, ERASER_ROLE, RUNTIME_ROLE, SYSTEM_ROLE } from './isolation.ts';
import type { ConnectionPool, Lease } from './pool.ts';
import { checkedValues } from './values.ts';

/**
 * Whose rows a transaction sees: one environment's, or those of all in tables that admit it. `isErased` deletes what is
 * left of an environment, and sees nothing of one that lives.
 */
export type Scope =
  | { readonly environment: EnvironmentId; readonly isErased?: true; readonly plansEach?: true }
  | 'system';

/**
 * Runs work in a transaction and commits it. Everything set in it is local to it: the connection carries nothing over.
 * When the COMMIT gets no answer, the fault is one of which `outcomeUnknown` is true.
 */
export async function runTransaction<T>(
  pool: ConnectionPool,
  scope: Scope,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const opening = openingOf(scope);
  const lease = await pool.lend();
  let broken = true;
  try {
    const begun = lease.client.query(opening);
    begun.catch(() => undefined);
    const session = createSession(lease);
    let value: T;
    try {
      value = await work(session.tx);
    } catch (thrown) {
      session.close();
      broken = !(await rolledBack(lease));
      // Statements sent behind a BEGIN that failed say only that; the reason is with BEGIN.
      await begun.catch((error: unknown) => {
        throw storeFault(error);
      });
      throw thrown;
    }
    session.close();
    await commit(lease, { begun, failure: session.failure });
    broken = lease.client.getTransactionStatus() !== 'I';
    return value;
  } finally {
    lease.release(broken);
  }
}

function openingOf(scope: Scope): string {
  if (scope === 'system') return `begin; set local role ${SYSTEM_ROLE}`;
  const { environment, isErased = false, plansEach = false } = scope;
  // SET takes no parameters; an id has an alphabet without quotes.
  if (!isId('environment', environment)) throw new TypeError('transaction: not an environment id');
  const role = isErased ? ERASER_ROLE : RUNTIME_ROLE;
  const plans = plansEach ? '; set local plan_cache_mode = force_custom_plan' : '';
  return `begin; set local role ${role}; set local ${ENVIRONMENT_SETTING} = '${environment}'${plans}`;
}

async function commit(
  lease: Lease,
  state: { begun: Promise<unknown>; failure: () => Fault | null },
): Promise<void> {
  let result: QueryResult;
  try {
    result = await lease.client.query('commit');
  } catch (error) {
    throw storeFault(error, { statement: 'commit', outcome: 'unknown' });
  }
  await state.begun.catch((error: unknown) => {
    throw storeFault(error);
  });
  // COMMIT of a transaction in which a statement failed succeeds, as a ROLLBACK. Work that swallowed the failure must
  // not be told that it is durable.
  if (result.command === 'COMMIT') return;
  throw (
    state.failure() ?? new Fault('INTERNAL', { cause: new StoreFailure('The transaction was rolled back.') })
  );
}

async function rolledBack(lease: Lease): Promise<boolean> {
  try {
    await lease.client.query('rollback');
    return lease.client.getTransactionStatus() === 'I';
  } catch {
    return false; // the connection is closed, and the server rolls back
  }
}

function createSession(lease: Lease): { tx: Transaction; close: () => void; failure: () => Fault | null } {
  let open = true;
  let failure: Fault | null = null;

  async function query(
    statement: Statement<unknown>,
    values: readonly unknown[],
  ): Promise<QueryResult<unknown[]>> {
    if (!open) throw new TypeError(`statement ${statement.name} after the end of its transaction`);
    const checked = checkedValues(values);
    try {
      return await lease.client.query({ name: statement.name, text: statement.text, values: checked });
    } catch (error) {
      const fault = storeFault(error, { statement: statement.name });
      failure ??= fault;
      throw fault;
    }
  }

  const tx: Transaction = {
    rows: (statement, values) =>
      attended(query(statement, values).then(({ rows }) => rows.map((row) => parsed(statement, row)))),
    row: (statement, values) =>
      attended(
        query(statement, values).then(({ rows }) => {
          if (rows.length > 1) throw new TypeError(`statement ${statement.name}: more than one row`);
          return rows[0] === undefined ? null : parsed(statement, rows[0]);
        }),
      ),
    run: (statement, values) => attended(query(statement, values).then(({ rowCount }) => rowCount ?? 0)),
  };
  return {
    tx,
    close: () => {
      open = false;
    },
    failure: () => failure,
  };
}

/** What a parser says about a row may hold what is in the row: only where it stumbled is kept. */
function parsed<Row>(statement: Statement<Row>, row: unknown): Row {
  try {
    return statement.row(row);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const name = error instanceof Error ? error.name : 'error';
    const cause = new StoreFailure(`A row is not as expected (${name}${pathsOf(error)}).`, {
      statement: statement.name,
    });
    throw new Fault('INTERNAL', { cause });
  }
}

/** The columns that a zod error names. */
function pathsOf(error: unknown): string {
  if (!(error instanceof Error && 'issues' in error && Array.isArray(error.issues))) return '';
  const paths = error.issues.map((issue: unknown) =>
    typeof issue === 'object' && issue !== null && 'path' in issue && Array.isArray(issue.path)
      ? issue.path.join('.')
      : '?',
  );
  return ` at ${paths.join(', ')}`;
}

/** A promise that nobody awaits must not end the process when it fails; whoever awaits it still sees the failure. */
function attended<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
