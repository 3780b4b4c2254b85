import type { Reason } from './reasons.ts';
import type { TimestampRule, TimestampUnit } from './scheme.ts';

/**
 * The milliseconds since 1970 that a timestamp's text stands for, or `null`. Digits only, at most 13, no leading
 * zero: `parseInt` would take `123abc` for 123.
 */
export function parseTimestamp(text: string, unit: TimestampUnit): number | null {
  if (!/^(?:0|[1-9][0-9]{0,12})$/.test(text)) return null;
  return Number(text) * MILLISECONDS[unit];
}

/** Why a timestamp is refused, or `null` when it is within the tolerance, both ways. */
export function checkTimestamp(input: TimestampCheck): Untimely | null {
  const { timestampMs, nowMs, rule, toleranceSeconds } = input;
  const toleranceMs = toleranceSeconds * 1000;
  const clockDifferenceMs = timestampMs - nowMs;
  if (Math.abs(clockDifferenceMs) <= toleranceMs) return null;
  const otherUnitDifferenceMs = readInOtherUnit(timestampMs, rule.unit) - nowMs;
  if (Math.abs(otherUnitDifferenceMs) <= WRONG_UNIT_WINDOW_MS) {
    return { reason: 'timestamp-wrong-unit', clockDifferenceMs: otherUnitDifferenceMs };
  }
  return { reason: clockDifferenceMs < 0 ? 'timestamp-too-old' : 'timestamp-too-new', clockDifferenceMs };
}

export interface Untimely {
  readonly reason: Extract<Reason, 'timestamp-wrong-unit' | 'timestamp-too-old' | 'timestamp-too-new'>;
  readonly clockDifferenceMs: number;
}

export interface TimestampCheck {
  readonly timestampMs: number;
  readonly nowMs: number;
  readonly rule: TimestampRule;
  readonly toleranceSeconds: number;
}

const MILLISECONDS: Readonly<Record<TimestampUnit, number>> = Object.freeze({
  seconds: 1000,
  milliseconds: 1,
});

/** A value that lands this close to now only when read in the other unit was written in it: a thousandfold apart. */
const WRONG_UNIT_WINDOW_MS = 366 * 86_400_000;

function readInOtherUnit(timestampMs: number, unit: TimestampUnit): number {
  return unit === 'seconds' ? timestampMs / 1000 : timestampMs * 1000;
}
