import { FAULTS, type FaultCode } from './faults.ts';

export interface FaultOptions {
  /** What was wrong in this case, for the caller. Never a payload, a path, a query, a stack or a secret. */
  detail?: string;
  /** For the log only. */
  cause?: unknown;
  /** Seconds after which another try makes sense; becomes `Retry-After`. */
  retryAfterSeconds?: number;
  /** The fields of the input that were wrong: where, and why. No values. */
  fields?: readonly { path: string; problem: string }[];
}

/**
 * The one error class of the gateway: a stable code from {@link FAULTS}, a public text, and an internal cause.
 *
 * @example throw new Fault('CONNECTION_NOT_FOUND', { detail: 'No connection con_… in this environment.' });
 */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: string;
  readonly retryAfterSeconds: number | null;
  readonly fields: readonly { path: string; problem: string }[];

  constructor(code: FaultCode, options: FaultOptions = {}) {
    const { status: _status, title, remedy } = FAULTS[code];
    super(options.detail ?? `${title} ${remedy}`, { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.detail = options.detail === undefined ? remedy : `${options.detail} ${remedy}`;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.fields = options.fields ?? [];
  }

  get status(): number {
    return FAULTS[this.code].status;
  }
}

/** Any thrown value as a fault: a fault is itself, everything else an `INTERNAL` one with it as the cause. */
export function toFault(thrown: unknown): Fault {
  return thrown instanceof Fault ? thrown : new Fault('INTERNAL', { cause: thrown });
}
