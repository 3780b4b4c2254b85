import {
  type Actor,
  type AuditPort,
  type Clock,
  type DeliveryId,
  type DestinationId,
  type EnvironmentId,
  type EventId,
  type EventReader,
  Fault,
  newId,
  type Page,
  type Transaction,
} from '#base';
import type { Store } from '#store';
import { selectActiveDestinations, selectDestination } from './destination-queries.ts';
import { type Chosen, type FanOutRoom, filterOf } from './fan-out.ts';
import { filteredEvent, takes } from './filter.ts';
import {
  type AttemptRow,
  type DeliveryRow,
  hastenDelivery,
  lockDelivery,
  selectAttempts,
  selectDeadDeliveries,
  selectDeliveries,
  selectDelivery,
  selectDueDeliveries,
  selectWaitingDeliveries,
} from './queries.ts';

/** `waiting`: for another with the same order key, which is not over. */
export type DeliveryState = 'due' | 'waiting' | 'delivered' | 'dead';

/** One event on its way to one destination. */
export interface DeliveryView {
  readonly id: DeliveryId;
  readonly event: EventId;
  readonly destination: DestinationId;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** `null` when it is over, or waits for a paused destination or for another delivery. */
  readonly nextAttemptAtMs: number | null;
  readonly lastStatus: number | null;
  readonly lastReason: string | null;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/** One try of a delivery. */
export interface AttemptView {
  readonly number: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly status: number | null;
  /** A code, or what the status means; `null` when it went well. */
  readonly reason: string | null;
  /** The address that was called. */
  readonly address: string | null;
  readonly answerHeaders: Readonly<Record<string, string>> | null;
  /** The beginning of the answer, redacted. */
  readonly answerStart: string | null;
}

export interface DeliveryQuery {
  readonly environment: EnvironmentId;
  readonly after?: string | undefined;
  readonly limit: number;
  readonly event?: EventId | undefined;
  readonly destination?: DestinationId | undefined;
  readonly state?: DeliveryState | undefined;
}

export interface DeliveryTarget {
  readonly environment: EnvironmentId;
  readonly delivery: DeliveryId;
}

/** Deliveries, seen and hastened. */
export interface Deliveries {
  list(query: DeliveryQuery): Promise<Page<DeliveryView>>;
  /** With its newest attempts, the last one first. `DELIVERY_NOT_FOUND`. */
  get(target: DeliveryTarget): Promise<DeliveryView & { readonly tries: readonly AttemptView[] }>;
  /**
   * Has it tried at once. A dead one stays what it is, and a new delivery of its event begins anew, behind whatever has the
   * same order key. `DELIVERY_NOT_FOUND`; `CONFLICT` for one that was delivered, or waits for another.
   */
  retry(target: DeliveryTarget, actor: Actor): Promise<DeliveryView>;
  /**
   * Delivers an event again under the same id: to the destination named, whatever its filter says, or to each that
   * isn't paused and takes it. `EVENT_NOT_FOUND`, `EVENT_HELD`, `DESTINATION_NOT_FOUND`.
   */
  replay(
    target: { environment: EnvironmentId; event: EventId; destination?: DestinationId | undefined },
    actor: Actor,
  ): Promise<{ deliveries: readonly DeliveryId[] }>;
}

export interface DeliveriesPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly events: EventReader;
  readonly fanOut: FanOutRoom;
  readonly clock: Clock;
}

const ATTEMPTS_SHOWN_MAX = 100;

const PAGES_OF_FEW: Readonly<Partial<Record<DeliveryState, typeof selectDueDeliveries>>> = Object.freeze({
  due: selectDueDeliveries,
  waiting: selectWaitingDeliveries,
  dead: selectDeadDeliveries,
});

/** Makes what shows and hastens deliveries; `wake` says that there is something to send. */
export function createDeliveries(ports: DeliveriesPorts, wake: () => void): Deliveries {
  const { store, audit, events, fanOut, clock } = ports;

  const show = async (tx: Transaction, { environment, delivery }: DeliveryTarget): Promise<DeliveryView> => {
    const row = await tx.row(selectDelivery, [environment, delivery]);
    if (row === null) throw new Fault('DELIVERY_NOT_FOUND');
    return viewOf(row);
  };

  return {
    async list({ environment, after, limit, event, destination, state }) {
      const values = [environment, after ?? null, limit + 1, event ?? null, destination ?? null];
      const ofState = state === undefined ? undefined : PAGES_OF_FEW[state];
      const select = (tx: Transaction) =>
        ofState === undefined
          ? tx.rows(selectDeliveries, [...values, state ?? null])
          : tx.rows(ofState, values);
      const rows = await store.transaction(environment, select, { plansEach: true });
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    get(target) {
      const { environment, delivery } = target;
      return store.transaction(environment, async (tx) => {
        const view = await show(tx, target);
        const rows = await tx.rows(selectAttempts, [environment, delivery, ATTEMPTS_SHOWN_MAX]);
        return { ...view, tries: rows.map(tryOf) };
      });
    },

    async retry(target, actor) {
      const { environment, delivery } = target;
      const { event, destination } = await store.transaction(environment, (tx) => show(tx, target));
      const opened = (await events.read(environment, [event])).get(event);
      const view = await store.transaction(environment, async (tx) => {
        const before = await tx.row(lockDelivery, [environment, delivery]);
        if (before === null) throw new Fault('DELIVERY_NOT_FOUND');
        if (before.state === 'delivered')
          throw new Fault('CONFLICT', {
            detail: 'It was delivered. Replay the event to have it delivered again.',
          });
        if (before.state === 'waiting')
          throw new Fault('CONFLICT', { detail: 'It waits for an earlier one with the same order key.' });
        let retried: DeliveryId = delivery;
        if (before.state === 'due') {
          await tx.run(hastenDelivery, [environment, delivery, new Date(clock.now())]);
        } else {
          const row = await tx.row(selectDestination, [environment, destination]);
          if (row === null || opened === undefined)
            throw new Fault('CONFLICT', { detail: 'Its event or its destination is not there any more.' });
          retried = newId('delivery', clock);
          const orderKey = await fanOut.orderKeyOf(row, filteredEvent(opened));
          await fanOut.insert(tx, environment, [{ event, destination, id: retried, orderKey }]);
        }
        const act = {
          action: 'delivery.retried',
          actor,
          resource: `delivery:${delivery}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: { delivery: retried } });
        return show(tx, { environment, delivery: retried });
      });
      wake();
      return view;
    },

    async replay({ environment, event, destination }, actor) {
      const opened = (await events.read(environment, [event])).get(event);
      if (opened === undefined)
        throw new Fault((await events.isThere(environment, event)) ? 'EVENT_HELD' : 'EVENT_NOT_FOUND');
      const filtered = filteredEvent(opened);
      const deliveries = await store.transaction(environment, async (tx) => {
        const named =
          destination === undefined ? null : await tx.row(selectDestination, [environment, destination]);
        if (destination !== undefined && named === null) throw new Fault('DESTINATION_NOT_FOUND');
        const to =
          named !== null
            ? [named]
            : (await tx.rows(selectActiveDestinations, [environment])).filter((row) =>
                takes(filterOf(row), filtered),
              );
        const chosen: (Chosen & { readonly id: DeliveryId })[] = [];
        for (const row of to) {
          const orderKey = await fanOut.orderKeyOf(row, filtered);
          chosen.push({ event, destination: row.id, id: newId('delivery', clock), orderKey });
        }
        await fanOut.insert(tx, environment, chosen);
        const made = chosen.map(({ id }) => id);
        const act = {
          action: 'event.replayed',
          actor,
          resource: `event:${event}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: { deliveries: made } });
        return made;
      });
      wake();
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

function tryOf(row: AttemptRow): AttemptView {
  return {
    number: row.number,
    startedAtMs: row.started_at.getTime(),
    durationMs: row.duration_ms,
    status: row.status,
    reason: row.reason,
    address: row.address,
    answerHeaders: row.answer_headers,
    answerStart: row.answer_start,
  };
}
