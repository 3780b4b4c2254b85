import { type RetirementPorts, retireMonths } from '#store';
import {
  countEvents,
  countKeyPages,
  deleteKeysBelow,
  detachMonth,
  dropMonth,
  selectMonths,
} from './retention-queries.ts';

/** Pages of the table of duplicate keys in one transaction: a MiB, some seven thousand keys. */
const KEY_PAGES = 128;

/**
 * Drops the months of events that are over for longer than `eventsKeptDays`, and then the duplicate keys of those events:
 * an event is kept out a second time for as long as it is kept, and not longer.
 */
export function retireEvents(ports: RetirementPorts, signal?: AbortSignal): Promise<number> {
  const { store, limits } = ports;
  return retireMonths(
    ports,
    {
      table: 'events',
      kind: 'event',
      keptDays: limits.eventsKeptDays,
      months: selectMonths,
      counts: countEvents,
      detach: detachMonth,
      drop: dropMonth,
      async also(belowId, ended) {
        // Those that come in meanwhile are new ones, wherever they are put.
        const pages = (await store.system((tx) => tx.row(countKeyPages, []))) ?? 0;
        for (let page = 0; page < pages && !ended.aborted; page += KEY_PAGES)
          await store.system((tx) => tx.run(deleteKeysBelow, [page, page + KEY_PAGES, belowId]));
      },
    },
    signal,
  );
}
