/** Time, as an argument, so that every room can be tested at any moment. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Milliseconds that only ever grow, for durations. */
  monotonic(): number;
}

/** The machine's clock. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
});

/** A moment as ISO 8601 in UTC with milliseconds: `2026-01-31T23:59:59.000Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
