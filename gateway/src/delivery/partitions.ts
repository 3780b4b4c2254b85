import { type Clock, idFloor } from '#base';
import type { Store } from '#store';
import { ensurePartition } from './queries.ts';

const MONTHS_AHEAD = 2;

/** Makes the monthly partitions of deliveries and attempts for last month, this one and the next two. */
export async function ensurePartitions({ store, clock }: { store: Store; clock: Clock }): Promise<void> {
  const now = new Date(clock.now());
  for (let offset = -1; offset <= MONTHS_AHEAD; offset++) {
    const lowMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1);
    const highMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset + 1, 1);
    const label = new Date(lowMs).toISOString().slice(0, 7).replace('-', '');
    const deliveries = ['deliveries', label, idFloor('delivery', lowMs), idFloor('delivery', highMs)];
    const attempts = ['attempts', label, idFloor('attempt', lowMs), idFloor('attempt', highMs)];
    for (const values of [deliveries, attempts]) await store.system((tx) => tx.row(ensurePartition, values));
  }
}
