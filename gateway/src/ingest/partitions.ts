import { type Clock, idFloor } from '#base';
import type { Store } from '#store';
import { ensurePartition } from './queries.ts';

const MONTHS_AHEAD = 2;

/**
 * Makes the monthly partitions of events for this month, the one before (clocks of nodes differ) and the next two.
 * Called at the start and every few hours; a month without its partition would refuse events.
 */
export async function ensurePartitions({ store, clock }: { store: Store; clock: Clock }): Promise<number> {
  const now = new Date(clock.now());
  let made = 0;
  for (let offset = -1; offset <= MONTHS_AHEAD; offset++) {
    const lowMs = monthStart(now, offset);
    const highMs = monthStart(now, offset + 1);
    const label = new Date(lowMs).toISOString().slice(0, 7).replace('-', '');
    const values = [label, idFloor('event', lowMs), idFloor('event', highMs)];
    if ((await store.system((tx) => tx.row(ensurePartition, values))) === true) made++;
  }
  return made;
}

function monthStart(now: Date, offset: number): number {
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1);
}
