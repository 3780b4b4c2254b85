import {
  type Actor,
  type AuditPort,
  type EndpointId,
  type EnvironmentId,
  type EventId,
  type EventReader,
  type EventState,
  type FanOut,
  Fault,
  idFloor,
  type Page,
  type StoredEvent,
  type Transaction,
} from '#base';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { type EventTarget, type EventView, viewOf } from './event-view.ts';
import {
  type BodyRow,
  selectBodies,
  selectEvent,
  selectEventForUpdate,
  selectEvents,
  selectHeldEvents,
  updateEventState,
} from './queries.ts';
import { scanEvents } from './scan-queries.ts';
import { openEvent } from './sealed-event.ts';

/** Which events to list, newest first. */
export interface EventQuery {
  readonly environment: EnvironmentId;
  readonly after?: string | undefined;
  readonly limit: number;
  readonly endpoint?: EndpointId | undefined;
  readonly type?: string | undefined;
  readonly platform?: string | undefined;
  readonly state?: EventState | undefined;
  /** Received at or after this moment. */
  readonly fromMs?: number | undefined;
  /** Received before this moment. */
  readonly toMs?: number | undefined;
}

/** Events that are stored. */
export interface Events extends EventReader {
  /** One event opened, in whatever state it is; `null` when there is none. For the room itself. */
  open(environment: EnvironmentId, event: EventId): Promise<StoredEvent | null>;
  list(query: EventQuery): Promise<Page<EventView>>;
  get(target: EventTarget): Promise<EventView>;
  /** The body, opened, in whatever state the event is; the log has the intent before. */
  reveal(target: EventTarget, actor: Actor): Promise<StoredEvent>;
  /** Lets an event that is held go to its destinations after all. `EVENT_NOT_FOUND`, `EVENT_NOT_HELD`. */
  release(target: EventTarget, actor: Actor): Promise<EventView>;
  /** Ends an event that is held: it stays to be seen, and is never delivered. `EVENT_NOT_FOUND`, `EVENT_NOT_HELD`. */
  discard(target: EventTarget, actor: Actor): Promise<EventView>;
}

export interface EventsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly audit: AuditPort;
  readonly fanOut: FanOut;
}

/** Makes what reads events and decides about those that are held. */
export function createEvents({ store, keyring, audit, fanOut }: EventsPorts): Events {
  const rowsOf = (environment: EnvironmentId, ids: readonly string[]): Promise<readonly BodyRow[]> =>
    store.transaction(environment, (tx) => tx.rows(selectBodies, [environment, ids]));

  const opened = async (environment: EnvironmentId, row: BodyRow): Promise<StoredEvent> => {
    const { id, endpoint_id: endpoint, platform, type, content_type: contentType, received_at } = row;
    const carried = await openEvent(await keyring.sealer(environment, 'events'), row);
    return {
      id,
      environment,
      endpoint,
      platform,
      type,
      contentType,
      receivedAtMs: received_at.getTime(),
      ...carried,
    };
  };

  const decide = async (
    { environment, event }: EventTarget,
    actor: Actor,
    to: 'accepted' | 'discarded',
  ): Promise<EventView> => {
    // Opened before the transaction: a data key that isn't in memory is read in one of its own.
    const [row] = await rowsOf(environment, [event]);
    if (row === undefined) throw new Fault('EVENT_NOT_FOUND');
    const { body } = await opened(environment, row);
    const view = await store.transaction(environment, async (tx) => {
      const before = await tx.row(selectEventForUpdate, [environment, event]);
      if (before === null) throw new Fault('EVENT_NOT_FOUND');
      if (before.state !== 'quarantined' && before.state !== 'unconfirmed') throw new Fault('EVENT_NOT_HELD');
      await tx.run(updateEventState, [environment, event, to, before.reason, before.detail]);
      if (to === 'accepted') {
        const { id, endpoint_id: endpoint, platform, type } = before;
        await fanOut.inTransaction(tx, environment, [{ id, endpoint, platform, type, body }]);
      }
      await audit.record(tx, environment, {
        action: to === 'accepted' ? 'event.released' : 'event.discarded',
        actor,
        resource: `event:${event}`,
        outcome: 'success',
        details: { state: before.state, reason: before.reason },
      });
      return viewOf({ ...before, state: to });
    });
    if (to === 'accepted') fanOut.announce();
    return view;
  };

  return {
    async open(environment, event) {
      const [row] = await rowsOf(environment, [event]);
      return row === undefined ? null : opened(environment, row);
    },

    async isThere(environment, event) {
      return (await rowsOf(environment, [event])).length > 0;
    },

    async read(environment, ids) {
      const found = new Map<string, StoredEvent>();
      for (const row of await rowsOf(environment, ids)) {
        // Whatever asks for it: what is held is not delivered.
        if (row.state === 'accepted') found.set(row.id, await opened(environment, row));
      }
      return found;
    },

    async scan({ environment, fromMs, toMs, after, limit, platform, type, endpoint }) {
      const from = idFloor('event', fromMs);
      const values = [
        environment,
        // No event has the lowest id of a moment: its random bits would all have to be zero.
        after === null || after < from ? from : after,
        idFloor('event', toMs),
        limit,
        platform ?? null,
        endpoint ?? null,
        type ?? null,
      ];
      const select = (tx: Transaction) => tx.rows(scanEvents, values);
      const rows = await store.transaction(environment, select, { plansEach: true });
      return rows.map(({ endpoint_id, ...row }) => ({ ...row, endpoint: endpoint_id }));
    },

    async list({ environment, after, limit, endpoint, type, platform, state, fromMs, toMs }) {
      const upper = [after, toMs === undefined ? undefined : idFloor('event', toMs)].filter(
        (id) => id !== undefined,
      );
      const values = [
        environment,
        limit + 1,
        upper.toSorted()[0] ?? null,
        fromMs === undefined ? null : idFloor('event', fromMs),
        endpoint ?? null,
        type ?? null,
        platform ?? null,
        state ?? null,
      ];
      const isHeld = state !== undefined && state !== 'accepted';
      const statement = isHeld ? selectHeldEvents : selectEvents;
      const select = (tx: Transaction) => tx.rows(statement, values);
      const rows = await store.transaction(environment, select, { plansEach: true });
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async get({ environment, event }) {
      const row = await store.transaction(environment, (tx) => tx.row(selectEvent, [environment, event]));
      if (row === null) throw new Fault('EVENT_NOT_FOUND');
      return viewOf(row);
    },

    async reveal({ environment, event }, actor) {
      const act = { action: 'event.revealed', actor, resource: `event:${event}`, outcome: 'intent' } as const;
      await audit.note(environment, { ...act, details: {} });
      const [row] = await rowsOf(environment, [event]);
      if (row === undefined) throw new Fault('EVENT_NOT_FOUND');
      return opened(environment, row);
    },

    release: (target, actor) => decide(target, actor, 'accepted'),
    discard: (target, actor) => decide(target, actor, 'discarded'),
  };
}
