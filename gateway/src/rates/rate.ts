/**
 * A rate: `limit` in `windowSeconds`, of which `burst` may come at once. Made by {@link rateOf}.
 *
 * Counted by GCRA (ITU-T I.371, annex A): a subject owes `intervalUs` for everything it took, time pays it back, and it may
 * owe `toleranceUs` at most. One number for each subject, no windows that begin anew. In any span of time a subject takes at
 * most `burst` and what the span itself paid for: after a rest, `burst` at once, and from then on one each interval.
 */
export interface Rate {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  readonly burst: number;
  /** What one costs, in microseconds. Whole, so that sums are exact, and rounded up, so that never more than `limit` fit. */
  readonly intervalUs: number;
  /** What a subject may owe. */
  readonly toleranceUs: number;
}

/** One place of a rate, wanted for a subject, such as `key_…` or `2001:db8::/64`. */
export interface Demand {
  readonly rate: Rate;
  readonly subject: string;
}

/** How a subject stands. */
export interface RateState {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  /** Until everything is free again; while nothing is, until one is. */
  readonly resetSeconds: number;
}

const NAME = /^[a-z][a-z0-9-]{0,47}$/;
const LIMIT_MAX = 1_000_000;
const WINDOW_SECONDS_MAX = 90 * 86_400;
const US_PER_SECOND = 1_000_000;

/**
 * A rate. Throws when it makes no sense: names are lower case with dashes (they stand in headers), `burst` is `limit`
 * unless it is less.
 *
 * @example const perKey = rateOf({ name: 'key', limit: 600, windowSeconds: 60 });
 */
export function rateOf(given: {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  readonly burst?: number;
}): Rate {
  const { name, limit, windowSeconds, burst = limit } = given;
  if (!NAME.test(name)) throw new TypeError('rate: its name is not lower case with dashes');
  if (!isWhole(limit, LIMIT_MAX)) throw new TypeError('rate: its limit is out of bounds');
  if (!isWhole(windowSeconds, WINDOW_SECONDS_MAX)) throw new TypeError('rate: its window is out of bounds');
  if (!isWhole(burst, limit)) throw new TypeError('rate: its burst is out of bounds');
  const intervalUs = Math.ceil((windowSeconds * US_PER_SECOND) / limit);
  return Object.freeze({ name, limit, windowSeconds, burst, intervalUs, toleranceUs: intervalUs * burst });
}

/** How a subject stands that owes so much. */
export function stateOf(rate: Rate, debtUs: number): RateState {
  const { name, limit, windowSeconds, intervalUs, toleranceUs } = rate;
  const remaining = Math.max(0, Math.floor((toleranceUs - debtUs) / intervalUs));
  const resetUs = remaining > 0 ? debtUs : debtUs + intervalUs - toleranceUs;
  return { name, limit, windowSeconds, remaining, resetSeconds: Math.ceil(resetUs / US_PER_SECOND) };
}

function isWhole(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= max;
}
