import {
  type Clock,
  type DeliveryId,
  type DestinationId,
  type EnvironmentId,
  type EventId,
  type FannedEvent,
  type Transaction,
  utf8,
} from '#base';
import type { Keyring } from '#keyring';
import type { DestinationRow } from './destination-queries.ts';
import { type Filter, type FilteredEvent, filteredEvent, type OrderBy, takes } from './filter.ts';
import { insertChosenDeliveries, insertDeliveries, lockOrders } from './queries.ts';

/** A delivery to be made. */
export interface Chosen {
  readonly event: EventId;
  readonly destination: DestinationId;
  /** `null` makes the id that this event and destination always get, so that storing both twice is refused. */
  readonly id: DeliveryId | null;
  readonly orderKey: Uint8Array | null;
}

export interface FanOutPorts {
  readonly keyring: Pick<Keyring, 'pepper'>;
  readonly clock: Clock;
}

export interface FanOutRoom {
  /** Makes the deliveries of events that are just being stored; how many. */
  fan(tx: Transaction, environment: EnvironmentId, events: readonly FannedEvent[]): Promise<number>;
  /** Makes these, behind those with the same key that are not over. */
  insert(tx: Transaction, environment: EnvironmentId, chosen: readonly Chosen[]): Promise<void>;
  /** What an event is ordered by at a destination; `null` when it waits for no other. */
  orderKeyOf(
    destination: { readonly id: DestinationId; readonly order_by: OrderBy | null },
    event: FilteredEvent,
  ): Promise<Uint8Array | null>;
}

const ORDER_KEY_BYTES = 16;

/**
 * Who gets an event. Platforms, types and endpoints are compared by the one statement that makes the deliveries. It also
 * gives the destinations that need more, because they look into bodies or keep an order: for those, the events are looked
 * at here and a second statement follows.
 */
export function createFanOut({ keyring, clock }: FanOutPorts): FanOutRoom {
  const orderKeyOf: FanOutRoom['orderKeyOf'] = async ({ id, order_by: orderBy }, event) => {
    if (orderBy === null) return null;
    const value =
      orderBy === 'all' ? 'all' : orderBy === 'endpoint' ? event.endpoint : (event.at(orderBy.path) ?? null);
    // What has no such value is in no order with anything.
    if (value === null || typeof value === 'object') return null;
    // Under the pepper, since it may be a person's; in its oldest version, so that a new one parts no two events.
    const pepper = await keyring.pepper();
    const text = JSON.stringify([id, typeof orderBy === 'string' ? orderBy : orderBy.path, value]);
    return pepper.digest(pepper.versions.at(-1) ?? pepper.current, utf8(text)).subarray(0, ORDER_KEY_BYTES);
  };

  const insert: FanOutRoom['insert'] = async (tx, environment, chosen) => {
    if (chosen.length === 0) return;
    const ordered = chosen.filter(({ orderKey }) => orderKey !== null).map(({ destination }) => destination);
    // Until the commit: numbers are drawn in the order in which deliveries become visible, and none ends unseen.
    if (ordered.length > 0) await tx.run(lockOrders, [[...new Set(ordered)]]);
    await tx.run(insertChosenDeliveries, [
      environment,
      chosen.map(({ id }) => id),
      chosen.map(({ event }) => event),
      chosen.map(({ destination }) => destination),
      chosen.map(({ orderKey }) => (orderKey === null ? null : Buffer.from(orderKey))),
      new Date(clock.now()),
    ]);
  };

  return {
    orderKeyOf,
    insert,
    async fan(tx, environment, events) {
      const rows = await tx.rows(insertDeliveries, [
        environment,
        events.map(({ id }) => id),
        new Date(clock.now()),
        events.map(({ platform }) => platform),
        events.map(({ type }) => type),
        events.map(({ endpoint }) => endpoint),
      ]);
      const looking = rows.map(({ looking: row }) => row).filter((row) => row !== null);
      const made = rows[0]?.made ?? 0;
      if (looking.length === 0) return made;
      const chosen: Chosen[] = [];
      for (const event of events.map(filteredEvent))
        for (const row of looking)
          if (takes(filterOf(row), event))
            chosen.push({
              event: event.id,
              destination: row.id,
              id: null,
              orderKey: await orderKeyOf(row, event),
            });
      await insert(tx, environment, chosen);
      return made + chosen.length;
    },
  };
}

/** The filter of a destination as it is kept. */
export function filterOf(
  row: Pick<DestinationRow, 'platforms' | 'types' | 'endpoints' | 'conditions'>,
): Filter {
  const { platforms, types, endpoints, conditions } = row;
  return { platforms, types, endpoints, conditions };
}
