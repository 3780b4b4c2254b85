/** The fields a log line may have; anything else is dropped. Values pass through the content redactor as well. */
export interface LogFields {
  readonly request?: string;
  readonly environment?: string;
  readonly key?: string;
  readonly connection?: string;
  readonly endpoint?: string;
  readonly event?: string;
  readonly destination?: string;
  readonly delivery?: string;
  readonly platform?: string;
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly address?: string;
  /** A code of the catalogue of errors, or that of a system, the network or a platform. */
  readonly code?: string;
  readonly reason?: string;
  readonly count?: number;
  readonly bytes?: number;
  readonly attempt?: number;
  readonly host?: string;
  readonly url?: string;
  readonly version?: string;
  readonly state?: string;
  readonly name?: string;
  /** An internal cause: only its class, code and redacted message are written, never its stack in production. */
  readonly error?: unknown;
}

/** The logger. Messages are fixed sentences; what varies goes into fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A log that writes nothing. */
export const silentLog: Log = Object.freeze({
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
});
