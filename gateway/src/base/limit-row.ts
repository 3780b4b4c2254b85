/**
 * Every limit of the gateway: its default, the bounds within which it can be configured, and what it bounds.
 * Configured as `limits.<name>` in the file or `SALLYPORT_LIMITS_<NAME>`; shown in `docs/config.md`.
 */
export interface LimitRow {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly about: string;
}

/** A row of the tables of limits. */
export function row(value: number, min: number, max: number, about: string): LimitRow {
  return Object.freeze({ value, min, max, about });
}
