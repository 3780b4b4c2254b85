/** Seconds between attempts: 5 s at first, a day at last, three days (but for 17 minutes) in all. */
const DELAYS_SECONDS: readonly number[] = Object.freeze([
  5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 72_000, 86_400,
]);
const JITTER = 0.2;
const RETRY_AFTER_SECONDS_MAX = 86_400;

export interface RetryQuestion {
  /** Seconds between attempts, in place of the default; the last counts for all that follow. */
  readonly delaysSeconds?: readonly number[] | null | undefined;
  /** Attempts made so far, at least one. */
  readonly attempts: number;
  /** `Retry-After` of the answer as seconds or a date, or nothing. */
  readonly retryAfter: string | null;
  readonly nowMs: number;
  /** From [0, 1). */
  readonly fraction: number;
}

/**
 * When to try again: the schedule's delay, up to a fifth longer or shorter so that failures don't come back together,
 * and never before what `Retry-After` asks, up to a day.
 */
export function nextAttemptMs(question: RetryQuestion): number {
  const { attempts, retryAfter, nowMs, fraction } = question;
  const delays = question.delaysSeconds ?? DELAYS_SECONDS;
  const delay = delays[Math.min(attempts, delays.length) - 1] ?? 0;
  const jittered = delay * 1_000 * (1 - JITTER + 2 * JITTER * fraction);
  return Math.round(nowMs + Math.max(jittered, retryAfterMs(retryAfter, nowMs)));
}

/** Seconds, or a date as HTTP writes it (RFC 9110 sections 10.2.3 and 5.6.7); anything else asks for nothing. */
function retryAfterMs(value: string | null, nowMs: number): number {
  if (value === null) return 0;
  const seconds = /^\d+$/.test(value)
    ? Number(value)
    : value.endsWith(' GMT')
      ? (Date.parse(value) - nowMs) / 1_000
      : Number.NaN;
  return Number.isNaN(seconds) ? 0 : Math.min(Math.max(seconds, 0), RETRY_AFTER_SECONDS_MAX) * 1_000;
}
