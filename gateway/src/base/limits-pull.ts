import { type LimitRow, row } from './limit-row.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The limits of pulling, a part of the table of limits. */
export const PULL_LIMITS = Object.freeze({
  pullItemsMax: row(100, 1, 1_000, 'events of one pull'),
  pullAnswerBytesMax: row(
    8 * MIB,
    64 * KIB,
    64 * MIB,
    'bodies of the events of one pull together; one that is larger comes alone',
  ),
  pullWaitSecondsMax: row(30, 0, 60, 'a pull waits for events'),
  pullLeaseSeconds: row(
    60,
    1,
    3_600,
    'a pulled event belongs to who pulled it, unless the pull asks for another time',
  ),
  pullLeaseSecondsMax: row(3_600, 1, 43_200, 'the longest time that a pull can ask for'),
  pullWaitersMax: row(1_000, 1, 100_000, 'pulls waiting for events on one node; beyond it the answer is 503'),
  pullReadsMax: row(
    8,
    1,
    256,
    'pulls that are given events at once on one node; the others wait for their turn',
  ),
} as const satisfies Record<string, LimitRow>);
