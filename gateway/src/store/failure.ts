import { DatabaseError } from 'pg';
import { Fault, type FaultCode, frozenTable } from '#base';

/** What is known of a transaction that failed: it left nothing behind, or nobody can say. */
export type Outcome = 'nothing happened' | 'unknown';

export interface FailureFacts {
  readonly sqlState: string | null;
  /** A code of the system, the network or TLS, such as `ECONNREFUSED`. */
  readonly code: string | null;
  readonly statement: string | null;
  readonly table: string | null;
  readonly constraint: string | null;
  readonly outcome: Outcome;
}

/**
 * The internal cause of a store fault: codes and names, never a value. Postgres puts rows and parameters into its
 * messages and details ("Key (email)=(…) already exists"), so none of that text is kept.
 */
export class StoreFailure extends Error {
  readonly facts: FailureFacts;

  constructor(message: string, facts: Partial<FailureFacts> = {}) {
    super(message);
    this.name = 'StoreFailure';
    this.facts = {
      sqlState: facts.sqlState ?? null,
      code: facts.code ?? null,
      statement: facts.statement ?? null,
      table: facts.table ?? null,
      constraint: facts.constraint ?? null,
      outcome: facts.outcome ?? 'nothing happened',
    };
  }
}

interface Reading {
  readonly code: FaultCode;
  readonly retryAfterSeconds?: number;
}

const RETRY_SOON: Reading = Object.freeze({ code: 'STORE_UNAVAILABLE', retryAfterSeconds: 1 });
const BUSY_NOW: Reading = Object.freeze({ code: 'BUSY', retryAfterSeconds: 1 });

/** SQLSTATE (or its class, two characters) → fault. https://www.postgresql.org/docs/18/errcodes-appendix.html */
const READINGS: Readonly<Record<string, Reading>> = frozenTable<Record<string, Reading>>({
  '08': RETRY_SOON, // connection exception
  '0A000': RETRY_SOON, // a cached plan whose table has changed: the connection is replaced
  '22021': { code: 'INVALID_REQUEST' }, // characters that text can't hold
  '22P05': { code: 'INVALID_REQUEST' }, // the one that JSON can hold and a column of it can't, U+0000
  '25006': RETRY_SOON, // read-only: a failover is under way
  '25P03': RETRY_SOON, // idle-in-transaction time limit
  '25P04': RETRY_SOON, // transaction time limit
  '28': RETRY_SOON, // authorization: may be repaired by the operator
  '40001': BUSY_NOW, // serialization failure
  '40P01': BUSY_NOW, // deadlock
  '53': RETRY_SOON, // resources: disk, memory
  '53300': BUSY_NOW, // too many connections
  '55P03': BUSY_NOW, // lock time limit
  '57': RETRY_SOON, // shutting down, starting up, statement time limit
  '58': RETRY_SOON, // input or output
  XX: RETRY_SOON, // damaged data or an internal error
});

const REPEATABLE: ReadonlySet<string> = new Set(['40001', '40P01']);

/**
 * Any error of the driver as a fault whose cause holds no values. A fault stays itself.
 *
 * @example throw storeFault(error, { statement: 'events.insert' });
 */
export function storeFault(error: unknown, facts: { statement?: string; outcome?: Outcome } = {}): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof DatabaseError) return ofDatabase(error, facts);
  // A parser of a column or a mistake of ours: no sign of trouble at the other end.
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) {
    return new Fault('INTERNAL', { cause: new StoreFailure(`The driver failed (${error.name}).`, facts) });
  }
  const code = codeOf(error) ?? (refusesTls(error) ? NO_TLS : 'closed');
  const cause = new StoreFailure(`The connection to Postgres failed (${code}).`, { ...facts, code });
  return new Fault('STORE_UNAVAILABLE', { retryAfterSeconds: 1, cause });
}

/** The code of a {@link StoreFailure} when the server offers no TLS. */
export const NO_TLS = 'NO_TLS';

/** The SQLSTATE behind a fault, or `null`. */
export function sqlStateOf(fault: unknown): string | null {
  return fault instanceof Fault && fault.cause instanceof StoreFailure ? fault.cause.facts.sqlState : null;
}

/** The code of the system, the network or TLS behind a fault, or `null`. */
export function systemCodeOf(fault: unknown): string | null {
  return fault instanceof Fault && fault.cause instanceof StoreFailure ? fault.cause.facts.code : null;
}

/** Tells whether a transaction that threw this may nevertheless have been committed: its COMMIT got no answer. */
export function outcomeUnknown(fault: unknown): boolean {
  return (
    fault instanceof Fault && fault.cause instanceof StoreFailure && fault.cause.facts.outcome === 'unknown'
  );
}

/** Tells whether the same transaction may succeed when run again: a serialization failure or a deadlock. */
export function isRepeatable(fault: unknown): boolean {
  const state = sqlStateOf(fault);
  return state !== null && REPEATABLE.has(state);
}

function ofDatabase(error: DatabaseError, facts: { statement?: string; outcome?: Outcome }): Fault {
  const sqlState = error.code ?? null;
  const reading = READINGS[sqlState ?? ''] ??
    READINGS[sqlState?.slice(0, 2) ?? ''] ?? { code: 'INTERNAL' as const };
  // A definite answer of the server is a definite outcome, except where it answers because it goes down.
  const definite = sqlState !== null && !sqlState.startsWith('57P') && !sqlState.startsWith('08');
  const cause = new StoreFailure(`Postgres refused (${sqlState ?? 'no code'}).`, {
    ...facts,
    sqlState,
    table: error.table ?? null,
    constraint: error.constraint ?? null,
    outcome: definite ? 'nothing happened' : (facts.outcome ?? 'nothing happened'),
  });
  const { retryAfterSeconds } = reading;
  return new Fault(reading.code, retryAfterSeconds === undefined ? { cause } : { cause, retryAfterSeconds });
}

/** The driver gives this case no code. */
function refusesTls(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not support SSL');
}

/** The `code` of a system or TLS error, such as `ECONNREFUSED`; or `null`. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
