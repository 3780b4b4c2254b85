import {
  type Act,
  type Actor,
  type AuditPort,
  type Clock,
  type DestinationId,
  type EndpointId,
  type EnvironmentId,
  type EventId,
  type EventReader,
  Fault,
  type Limits,
  type Log,
  newId,
  type Page,
  type ReplayId,
  type ScannedEvent,
  SYSTEM,
  type Transaction,
} from '#base';
import type { Store } from '#store';
import { type DestinationRow, selectActiveDestinations, selectDestination } from './destination-queries.ts';
import { type Chosen, type FanOutRoom, filterOf } from './fan-out.ts';
import { type FilteredEvent, filteredEvent, takes } from './filter.ts';
import { openEvents } from './open-events.ts';
import {
  countReplays,
  insertReplay,
  lockReplay,
  type ReplayRow,
  selectDelivered,
  selectReplay,
  selectReplays,
  selectRunningReplays,
  updateReplay,
} from './replay-queries.ts';

/** Which events are delivered again. */
export interface ReplayQuery {
  readonly environment: EnvironmentId;
  /** Received at or after this moment, and before that one. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly platform?: string | undefined;
  /** A type, or the beginning of one and `.*`. */
  readonly type?: string | undefined;
  readonly endpoint?: EndpointId | undefined;
  /** To this destination; to every one that is not paused when absent. Each gets what its filter takes. */
  readonly destination?: DestinationId | undefined;
  /** `undelivered`: only what the destination neither has nor is about to get, such as dead letters. */
  readonly only?: 'all' | 'undelivered' | undefined;
}

export type ReplayState = 'running' | 'finished' | 'canceled';

export interface ReplayView {
  readonly id: ReplayId;
  readonly state: ReplayState;
  readonly query: Omit<ReplayQuery, 'environment'>;
  /** Events looked at, and deliveries made. */
  readonly events: number;
  readonly deliveries: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/** What a replay would do. */
export interface ReplayTrial {
  readonly events: number;
  readonly deliveries: number;
  /** Whether all was looked at; if not, there are more. */
  readonly complete: boolean;
  /** The first of what would be delivered. */
  readonly sample: readonly { readonly event: EventId; readonly destination: DestinationId }[];
}

export interface ReplayTarget {
  readonly environment: EnvironmentId;
  readonly replay: ReplayId;
}

/** Replays of many events: work that goes on in the background, a bounded step at a time, whatever node is killed. */
export interface Replays {
  /** Looks at what would be delivered, and delivers nothing. `DESTINATION_NOT_FOUND`, `INVALID_REQUEST`. */
  try(query: ReplayQuery): Promise<ReplayTrial>;
  /** Begins one. The same, and `CONFLICT` when too many are not over. */
  create(query: ReplayQuery, actor: Actor): Promise<ReplayView>;
  list(query: {
    environment: EnvironmentId;
    after?: string | undefined;
    limit: number;
  }): Promise<Page<ReplayView>>;
  /** `REPLAY_NOT_FOUND`. */
  get(target: ReplayTarget): Promise<ReplayView>;
  /** Ends it where it is; what was made is delivered. One that is over stays as it is. `REPLAY_NOT_FOUND`. */
  cancel(target: ReplayTarget, actor: Actor): Promise<ReplayView>;
}

export interface ReplayPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly events: EventReader;
  readonly fanOut: FanOutRoom;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

const SAMPLE_MAX = 10;
const RUNNING_MAX = 16;
/** Events opened together: what is in memory at once, as far as bodies go. */
const READ_TOGETHER = 16;

/** Makes replays; `step` does a step of each that runs, and says whether there is more to do. */
export function createReplays(
  ports: ReplayPorts,
  wake: () => void,
): Replays & { step(): Promise<{ made: number; more: boolean }> } {
  const { store, audit, limits, clock, log } = ports;

  const check = async (query: ReplayQuery): Promise<void> => {
    const { environment, fromMs, toMs, destination } = query;
    if (fromMs >= toMs)
      throw new Fault('INVALID_REQUEST', { fields: [{ path: 'body.to', problem: 'must be after "from"' }] });
    if (destination === undefined) return;
    const row = await store.transaction(environment, (tx) =>
      tx.row(selectDestination, [environment, destination]),
    );
    if (row === null) throw new Fault('DESTINATION_NOT_FOUND');
  };

  return {
    async try(query) {
      await check(query);
      let [events, deliveries, after]: [number, number, EventId | null] = [0, 0, null];
      const sample: Chosen[] = [];
      while (events < limits.eventReplayTrialItemsMax) {
        const looked = await look(ports, query, after);
        events += looked.events.length;
        deliveries += looked.chosen.length;
        sample.push(...looked.chosen.slice(0, SAMPLE_MAX - sample.length));
        after = looked.events.at(-1)?.id ?? null;
        if (looked.isEnd || after === null)
          return { events, deliveries, complete: true, sample: sample.map(pairOf) };
      }
      return { events, deliveries, complete: false, sample: sample.map(pairOf) };
    },

    async create(query, actor) {
      await check(query);
      const { environment, only = 'all', ...rest } = query;
      const id = newId('replay', clock);
      const kept = JSON.stringify({ ...rest, only });
      const view = await store.transaction(environment, async (tx) => {
        if (((await tx.row(countReplays, [environment])) ?? 0) >= limits.eventReplaysMax)
          throw new Fault('CONFLICT', { detail: `There are ${limits.eventReplaysMax} replays under way.` });
        await tx.run(insertReplay, [environment, id, kept, new Date(clock.now())]);
        const act = {
          action: 'replay.created',
          actor,
          resource: `replay:${id}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: detailsOf(query) });
        return viewOf(found(await tx.row(selectReplay, [environment, id])));
      });
      wake();
      return view;
    },

    async list({ environment, after, limit }) {
      const values = [environment, after ?? null, limit + 1];
      const rows = await store.transaction(environment, (tx) => tx.rows(selectReplays, values));
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async get({ environment, replay }) {
      const row = await store.transaction(environment, (tx) => tx.row(selectReplay, [environment, replay]));
      return viewOf(found(row));
    },

    cancel({ environment, replay }, actor) {
      return store.transaction(environment, async (tx) => {
        const row = found(await tx.row(lockReplay, [environment, replay]));
        if (row.state !== 'running') return viewOf(row);
        const now = new Date(clock.now());
        await tx.run(updateReplay, [environment, replay, 'canceled', row.position, 0, 0, now]);
        const act = {
          action: 'replay.canceled',
          actor,
          resource: `replay:${replay}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: countsOf(row) });
        return viewOf(found(await tx.row(selectReplay, [environment, replay])));
      });
    },

    async step() {
      const running = await store.system((tx) => tx.rows(selectRunningReplays, [RUNNING_MAX]));
      let [made, more] = [0, false];
      for (const { environment_id: environment, id } of running) {
        try {
          const step = await stepOf(ports, { environment, replay: id });
          made += step.made;
          more ||= step.more;
        } catch (error) {
          // One that can't go on keeps no other from it; it is tried again with the next look.
          log.error('a replay could not go on; it will be tried again', { name: id, error });
        }
      }
      return { made, more };
    },
  };
}

/**
 * One step: the next events are looked at outside of any transaction; their deliveries are made, and the position is moved,
 * in one, if nobody was faster. So each event is replayed once, wherever a node is killed and however many of them work.
 */
async function stepOf(
  ports: ReplayPorts,
  { environment, replay }: ReplayTarget,
): Promise<{ made: number; more: boolean }> {
  const { store, audit, fanOut, clock } = ports;
  const before = await store.transaction(environment, (tx) => tx.row(selectReplay, [environment, replay]));
  if (before === null || before.state !== 'running') return { made: 0, more: false };
  const looked = await look(ports, { environment, ...before.query }, before.position);
  return store.transaction(environment, async (tx) => {
    const row = await tx.row(lockReplay, [environment, replay]);
    if (row === null || row.state !== 'running' || row.position !== before.position)
      return { made: 0, more: row?.state === 'running' };
    const chosen = await withoutDelivered(tx, { environment, only: row.query.only, chosen: looked.chosen });
    await fanOut.insert(
      tx,
      environment,
      chosen.map((each) => ({ ...each, id: newId('delivery', clock) })),
    );
    const state = looked.isEnd ? 'finished' : 'running';
    const position = looked.events.at(-1)?.id ?? row.position;
    const now = new Date(clock.now());
    const values = [environment, replay, state, position, looked.events.length, chosen.length, now];
    await tx.run(updateReplay, values);
    if (chosen.length > 0 || looked.isEnd)
      await audit.record(tx, environment, {
        action: looked.isEnd ? 'replay.finished' : 'replay.continued',
        actor: SYSTEM,
        resource: `replay:${replay}`,
        outcome: 'success',
        details: {
          events: row.looked_at + looked.events.length,
          deliveries: row.made + chosen.length,
          position,
        },
      });
    return { made: chosen.length, more: !looked.isEnd };
  });
}

interface Looked {
  readonly events: readonly ScannedEvent[];
  readonly chosen: readonly Chosen[];
  readonly isEnd: boolean;
}

/** The next events of a query, and who gets which. Bodies are opened only where a destination asks what is in them. */
async function look(ports: ReplayPorts, query: ReplayQuery, after: EventId | null): Promise<Looked> {
  const { store, events, fanOut, limits } = ports;
  const { environment, fromMs, toMs, platform, type, endpoint, destination } = query;
  const limit = limits.eventReplayStepItemsMax;
  const scanned = await events.scan({ environment, fromMs, toMs, platform, type, endpoint, after, limit });
  const isEnd = scanned.length < limit;
  if (scanned.length === 0) return { events: scanned, chosen: [], isEnd };
  const destinations = await store.transaction(environment, (tx) =>
    destination === undefined
      ? tx.rows(selectActiveDestinations, [environment])
      : tx.rows(selectDestination, [environment, destination]),
  );
  const looking = destinations.some(looksInside);
  const chosen: Chosen[] = [];
  for (let at = 0; at < scanned.length; at += READ_TOGETHER) {
    const together = scanned.slice(at, at + READ_TOGETHER);
    const bodies = looking ? await bodiesOf(ports, environment, together) : null;
    for (const event of together) {
      const body = bodies?.get(event.id) ?? new Uint8Array();
      const filtered: FilteredEvent = filteredEvent({ ...event, body });
      for (const row of destinations)
        if (takes(filterOf(row), filtered)) {
          const orderKey = await fanOut.orderKeyOf(row, filtered);
          chosen.push({ event: event.id, destination: row.id, id: null, orderKey });
        }
    }
  }
  return { events: scanned, chosen, isEnd };
}

/** Bodies to look into. One that was altered where it is kept will never open: nothing is at any path of it. */
async function bodiesOf(
  ports: ReplayPorts,
  environment: EnvironmentId,
  scanned: readonly ScannedEvent[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const ids = scanned.map(({ id }) => id);
  const bodies = new Map<string, Uint8Array>();
  for (const [id, event] of await openEvents(ports, environment, ids)) {
    if (!(event instanceof Fault)) bodies.set(id, event.body);
    else if (event.code !== 'OPEN_FAILED') throw event;
  }
  return bodies;
}

function looksInside({ conditions, order_by: orderBy }: DestinationRow): boolean {
  return conditions !== null || (orderBy !== null && typeof orderBy === 'object');
}

async function withoutDelivered(
  tx: Transaction,
  given: {
    readonly environment: EnvironmentId;
    readonly only: 'all' | 'undelivered';
    readonly chosen: readonly Chosen[];
  },
): Promise<readonly Chosen[]> {
  const { environment, only, chosen } = given;
  if (only === 'all' || chosen.length === 0) return chosen;
  const events = [...new Set(chosen.map(({ event }) => event))];
  const rows = await tx.rows(selectDelivered, [environment, events]);
  const have = new Set(rows.map((row) => `${row.event_id} ${row.destination_id}`));
  return chosen.filter(({ event, destination }) => !have.has(`${event} ${destination}`));
}

function found(row: ReplayRow | null): ReplayRow {
  if (row === null) throw new Fault('REPLAY_NOT_FOUND');
  return row;
}

function pairOf({ event, destination }: Chosen) {
  return { event, destination };
}

function detailsOf({
  fromMs,
  toMs,
  platform,
  type,
  endpoint,
  destination,
  only,
}: ReplayQuery): Act['details'] {
  return {
    fromMs,
    toMs,
    platform: platform ?? null,
    type: type ?? null,
    endpoint: endpoint ?? null,
    destination: destination ?? null,
    only: only ?? 'all',
  };
}

function countsOf({ looked_at: events, made: deliveries }: ReplayRow) {
  return { events, deliveries };
}

function viewOf(row: ReplayRow): ReplayView {
  return {
    id: row.id,
    state: row.state,
    query: row.query,
    ...countsOf(row),
    createdAtMs: row.created_at.getTime(),
    changedAtMs: row.changed_at.getTime(),
  };
}
