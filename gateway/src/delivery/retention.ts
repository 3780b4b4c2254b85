import { idFloor } from '#base';
import { type Retirement, type RetirementPorts, retireMonths } from '#store';
import {
  countAttempts,
  countDeliveries,
  countDueBelow,
  detachAttempts,
  detachDeliveries,
  dropAttempts,
  dropDeliveries,
  selectAttemptMonths,
  selectDeliveryMonths,
} from './retention-queries.ts';

const DAY_MS = 86_400_000;
/** So long before the end of its month's time, a delivery that is still due is warned of. */
const WARNED_DAYS = 30;

/**
 * Drops the months of deliveries and of attempts that are over for longer than they are kept. What is not over then, for a
 * destination that has been paused all the time, goes with its month: how long data is kept is a promise to the people in
 * it. It is warned of every few hours in the last 30 days, counted in the log, and warned of once more.
 */
export async function retireDeliveries(ports: RetirementPorts, signal?: AbortSignal): Promise<number> {
  const { limits } = ports;
  await warn(ports);
  const deliveries: Retirement = {
    table: 'deliveries',
    kind: 'delivery',
    keptDays: limits.deliveriesKeptDays,
    months: selectDeliveryMonths,
    counts: countDeliveries,
    detach: detachDeliveries,
    drop: dropDeliveries,
  };
  const attempts: Retirement = {
    table: 'attempts',
    kind: 'attempt',
    keptDays: limits.attemptsKeptDays,
    months: selectAttemptMonths,
    counts: countAttempts,
    detach: detachAttempts,
    drop: dropAttempts,
  };
  return (await retireMonths(ports, deliveries, signal)) + (await retireMonths(ports, attempts, signal));
}

async function warn({ store, limits, clock, log }: RetirementPorts): Promise<void> {
  const ageDays = limits.deliveriesKeptDays - WARNED_DAYS;
  const before = idFloor('delivery', Math.max(0, clock.now() - ageDays * DAY_MS));
  for (const { environment, rows } of await store.system((tx) => tx.rows(countDueBelow, [before]))) {
    log.warn('Deliveries are due for so long that they will soon be dropped undelivered.', {
      environment,
      count: rows,
    });
  }
}
