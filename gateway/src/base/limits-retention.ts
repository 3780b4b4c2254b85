import { type LimitRow, row } from './limit-row.ts';

/** For how long what is kept; a part of the table of limits. Months are dropped whole, so up to a month longer than said here. */
export const RETENTION_LIMITS = Object.freeze({
  eventsKeptDays: row(
    400,
    35,
    4_000,
    'events with their bodies are kept after their month, and duplicates kept out',
  ),
  deliveriesKeptDays: row(
    400,
    35,
    4_000,
    'deliveries are kept after the month of their event, undelivered ones as well',
  ),
  attemptsKeptDays: row(100, 35, 4_000, 'attempts of deliveries are kept after their month'),
  retentionEveryMs: row(
    21_600_000,
    1_000,
    86_400_000,
    'between two looks for months that are over, and for those to come',
  ),
  retentionLockMs: row(
    100,
    10,
    1_000,
    'dropping a month waits for queries under way; then it gives way to them',
  ),
  retentionRetryMs: row(
    5_000,
    10,
    600_000,
    'between the five attempts of a run to drop a month that is being read',
  ),
} as const satisfies Record<string, LimitRow>);
