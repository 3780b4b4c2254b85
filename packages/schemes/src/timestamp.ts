import type { Reason } from './reasons.ts';
import type { TimestampRule, TimestampUnit } from './scheme.ts';

/**
 * The milliseconds since 1970 that a timestamp's text stands for, or `null`. Numbers are digits only, at most 13, no
 * leading zero: `parseInt` would take `123abc` for 123. ISO 8601 is in UTC, to the second or finer.
 */
export function parseTimestamp(text: string, unit: TimestampUnit): number | null {
  if (unit === 'iso8601') return parseIso(text);
  if (!/^(?:0|[1-9][0-9]{0,12})$/.test(text)) return null;
  if (unit === 'seconds-or-milliseconds') {
    return Number(text) * (text.length <= SECONDS_DIGITS_MAX ? 1000 : 1);
  }
  return Number(text) * MILLISECONDS[unit];
}

/** The text that a time is signed as. */
export function writeTimestamp(nowMs: number, unit: TimestampUnit): string {
  if (unit === 'iso8601') return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  return String(unit === 'milliseconds' ? nowMs : Math.floor(nowMs / 1000));
}

/** Why a timestamp is refused, or `null` when it is within the tolerance, both ways. */
export function checkTimestamp(input: TimestampCheck): Untimely | null {
  const { timestampMs, nowMs, rule, toleranceSeconds } = input;
  const toleranceMs = toleranceSeconds * 1000;
  const clockDifferenceMs = timestampMs - nowMs;
  if (Math.abs(clockDifferenceMs) <= toleranceMs) return null;
  const other = readInOtherUnit(timestampMs, rule.unit);
  if (other !== null && Math.abs(other - nowMs) <= WRONG_UNIT_WINDOW_MS) {
    return { reason: 'timestamp-wrong-unit', clockDifferenceMs: other - nowMs };
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

const MILLISECONDS: Readonly<Record<'seconds' | 'milliseconds', number>> = Object.freeze({
  seconds: 1000,
  milliseconds: 1,
});

/** Eleven digits of seconds begin in the year 2286, eleven of milliseconds end in 1973. */
const SECONDS_DIGITS_MAX = 10;

/** A value that lands this close to now only when read in the other unit was written in it: a thousandfold apart. */
const WRONG_UNIT_WINDOW_MS = 366 * 86_400_000;

function readInOtherUnit(timestampMs: number, unit: TimestampUnit): number | null {
  if (unit === 'seconds') return timestampMs / 1000;
  return unit === 'milliseconds' ? timestampMs * 1000 : null;
}

function parseIso(text: string): number | null {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z$/.test(text)) return null;
  const ms = Date.parse(text);
  if (!Number.isFinite(ms) || ms < 0) return null;
  // Date.parse takes 31 February for a day in March.
  return new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19) ? ms : null;
}
