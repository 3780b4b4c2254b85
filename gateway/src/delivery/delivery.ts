import {
  type Actor,
  type AuditPort,
  type Clock,
  type DeliveryId,
  type DestinationId,
  type EnvironmentId,
  type EventId,
  type EventReader,
  type FanOut,
  Fault,
  type Limits,
  type Log,
  newId,
  type Page,
  type Repeat,
  repeat,
} from '#base';
import type { Environments } from '#environments';
import type { Keyring } from '#keyring';
import type { Outbound } from '#outbound';
import type { Store } from '#store';
import { selectActiveDestinations, selectDestination } from './destination-queries.ts';
import { createDestinations, type Destinations, type DestinationTarget } from './destinations.ts';
import { createFanOut } from './fan-out.ts';
import { createDestinationsInUse } from './in-use.ts';
import { ensurePartitions } from './partitions.ts';
import { createPull, type Pull } from './pull.ts';
import { type DeliveryRow, insertReplay, selectDeliveries } from './queries.ts';
import { createSender } from './sender.ts';
import { createSettlements } from './settle.ts';

/** `waiting`: for another with the same order key, which is not over. */
export type DeliveryState = 'due' | 'waiting' | 'delivered' | 'dead';

/** One event on its way to one destination. */
export interface DeliveryView {
  readonly id: DeliveryId;
  readonly event: EventId;
  readonly destination: DestinationId;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** `null` when it is over, or waits for a paused destination. */
  readonly nextAttemptAtMs: number | null;
  readonly lastStatus: number | null;
  readonly lastReason: string | null;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

export interface DeliveryQuery {
  readonly environment: EnvironmentId;
  readonly after?: string | undefined;
  readonly limit: number;
  readonly event?: EventId | undefined;
  readonly destination?: DestinationId | undefined;
  readonly state?: DeliveryState | undefined;
}

export interface DeliveryPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Pick<Environments, 'get'>;
  readonly outbound: Outbound;
  readonly audit: AuditPort;
  readonly events: EventReader;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Events on to applications. */
export interface Delivery extends FanOut {
  /** Makes sure that deliveries can be stored. Call it before events are stored. */
  prepare(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
  readonly destinations: Destinations;
  readonly pull: Pull;
  /** Lets pulls that wait answer: nothing more will come of this node. */
  endWaiting(): void;
  list(query: DeliveryQuery): Promise<Page<DeliveryView>>;
  /** Delivers an event again under the same id, to all active destinations or one. `EVENT_NOT_FOUND`, `DESTINATION_NOT_FOUND`. */
  replay(
    target: { environment: EnvironmentId; event: EventId; destination?: DestinationId | undefined },
    actor: Actor,
  ): Promise<{ deliveries: readonly DeliveryId[] }>;
}

const PARTITIONS_EVERY_MS = 6 * 3_600_000;

/** Makes the delivery room. */
export function createDelivery(ports: DeliveryPorts): Delivery {
  const { store, audit, events, clock, log } = ports;
  const inUse = createDestinationsInUse(ports);
  const fanOut = createFanOut(ports);
  const changed = (target: DestinationTarget): void => {
    inUse.forget(target);
    sender.wake();
  };
  const destinations = createDestinations(ports, changed);
  const settlements = createSettlements({ ...ports, onHealth: changed });
  const sender = createSender({
    ...ports,
    settlements,
    destinationInUse: (claim) => inUse.get(claim.environment_id, claim.destination_id),
  });
  const { waiters, ...pull } = createPull(ports);
  let partitions: Repeat | null = null;
  // Where there is no destination, each commit of events would ask the database for deliveries that can't be there.
  let hasMade = false;

  return {
    destinations,
    async prepare() {
      await ensurePartitions(ports);
      // Where an order is kept it is asked for within transactions: it is in memory from here on.
      await ports.keyring.pepper();
      const run = (): Promise<void> => ensurePartitions(ports);
      partitions ??= repeat({ name: 'delivery.partitions', everyMs: PARTITIONS_EVERY_MS, run, clock, log });
    },
    pull,
    endWaiting: waiters.end,
    start() {
      sender.start();
      waiters.start();
    },
    async stop() {
      await partitions?.stop();
      await sender.stop();
      await waiters.stop();
      await settlements.close();
    },
    async inTransaction(tx, environment, fanned) {
      if ((await fanOut.fan(tx, environment, fanned)) === 0) return;
      hasMade = true;
      waiters.touched(environment);
    },
    announce() {
      if (!hasMade) return;
      sender.wake();
      waiters.wake();
    },

    async list({ environment, after, limit, event, destination, state }) {
      const values = [
        environment,
        after ?? null,
        limit + 1,
        event ?? null,
        destination ?? null,
        state ?? null,
      ];
      const rows = await store.transaction(environment, (tx) => tx.rows(selectDeliveries, values));
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async replay({ environment, event, destination }, actor) {
      if (!(await events.read(environment, [event])).has(event)) throw new Fault('EVENT_NOT_FOUND');
      const deliveries = await store.transaction(environment, async (tx) => {
        const to =
          destination === undefined
            ? await tx.rows(selectActiveDestinations, [environment])
            : await tx.rows(selectDestination, [environment, destination]);
        if (destination !== undefined && to.length === 0) throw new Fault('DESTINATION_NOT_FOUND');
        const now = new Date(clock.now());
        const made: DeliveryId[] = [];
        for (const { id } of to) {
          const delivery = newId('delivery', clock);
          await tx.run(insertReplay, [environment, delivery, event, id, now]);
          made.push(delivery);
        }
        const act = {
          action: 'event.replayed',
          actor,
          resource: `event:${event}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: { deliveries: made } });
        return made;
      });
      sender.wake();
      return { deliveries };
    },
  };
}

function viewOf(row: DeliveryRow): DeliveryView {
  const { id, event_id: event, destination_id: destination, state, attempts } = row;
  return {
    id,
    event,
    destination,
    state,
    attempts,
    nextAttemptAtMs: row.next_attempt_at?.getTime() ?? null,
    lastStatus: row.last_status,
    lastReason: row.last_reason,
    createdAtMs: row.created_at.getTime(),
    changedAtMs: row.changed_at.getTime(),
  };
}
