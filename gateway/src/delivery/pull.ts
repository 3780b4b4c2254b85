import {
  type Actor,
  type AuditPort,
  type BatchId,
  type Clock,
  type DeliveryId,
  type DestinationId,
  type EnvironmentId,
  type EventReader,
  Fault,
  idTimeMs,
  type JsonValue,
  type Limits,
  type Log,
  newId,
  type StoredEvent,
  SYSTEM,
  type Transaction,
} from '#base';
import type { Store } from '#store';
import { openEvents } from './open-events.ts';
import {
  type EndedRow,
  endBatch,
  endPulled,
  insertPulls,
  type PulledRow,
  pullDeliveries,
  returnPulled,
  selectPullKind,
} from './pull-queries.ts';
import { createTurns } from './turns.ts';
import { createWaiters, type Place, type Waiters } from './waiters.ts';

export interface PullRequest extends Place {
  readonly limit: number;
  /** How long what is given belongs to this pull; then it is given again, to whoever pulls. */
  readonly leaseMs: number;
  /** How long to wait while there is nothing. */
  readonly waitMs: number;
  /** A batch that is done with: acknowledged first. */
  readonly after?: BatchId | undefined;
}

/** Who pulls, and what may end it meanwhile. */
export interface Puller {
  readonly actor: Actor;
  /** Throws when they may not any more; asked after each wait. */
  readonly again: () => Promise<unknown>;
  readonly gone: AbortSignal;
}

/** One event as it is given to whoever pulls. */
export interface PulledEvent {
  readonly delivery: DeliveryId;
  /** How often it has been given, this time included. */
  readonly attempt: number;
  readonly event: StoredEvent;
}

export interface PulledBatch {
  /** Names all of it, to acknowledge it by; `null` when there is nothing. */
  readonly batch: BatchId | null;
  readonly events: readonly PulledEvent[];
}

export interface Acknowledgement extends Place {
  readonly deliveries: readonly DeliveryId[];
  readonly batch?: BatchId | undefined;
}

/** Events that applications fetch instead of having them sent. */
export interface Pull {
  /**
   * What has been due longest, under a lease: nobody else is given it until that ends, and then it is given again, as long as
   * it takes until it is acknowledged. `DESTINATION_NOT_FOUND`, `CONFLICT` (one that is sent to), `BUSY`, `AUDIT_UNAVAILABLE`.
   */
  take(request: PullRequest, by: Puller): Promise<PulledBatch>;
  /** How many are delivered by it: not those that were before, so that it can be repeated. Throws as `take`. */
  acknowledge(acknowledgement: Acknowledgement, actor: Actor): Promise<number>;
}

export interface PullPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly events: EventReader;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

const NOTHING: PulledBatch = Object.freeze({ batch: null, events: Object.freeze([]) });
/** Events opened together: what is in memory besides an answer. */
const READ_TOGETHER = 16;
/** Bytes of one line of an entry (three ids), and of all that stands around the lines: rounded up. */
const LINE_BYTES_MAX = 120;
const FRAME_BYTES_MAX = 512;
const INT_MAX = 2 ** 31 - 1;

export function createPull(ports: PullPorts): Pull & { readonly waiters: Waiters } {
  const { store, audit, limits, clock, log } = ports;
  const waiters = createWaiters(ports);
  const turns = createTurns({ atOnceMax: limits.pullReadsMax, waitingMax: limits.pullWaitersMax });
  const linesMax = Math.max(1, Math.floor((limits.auditDetailsBytesMax - FRAME_BYTES_MAX) / LINE_BYTES_MAX));

  /** An entry, or as many as it takes. */
  const entries = (
    action: string,
    by: { actor: Actor; destination: DestinationId; lines: readonly JsonValue[] },
  ) =>
    Array.from({ length: Math.ceil(by.lines.length / linesMax) }, (_, at) => {
      const deliveries = by.lines.slice(at * linesMax, (at + 1) * linesMax);
      return {
        action,
        actor: by.actor,
        resource: `destination:${by.destination}`,
        outcome: 'success' as const,
        details: { count: deliveries.length, deliveries },
      };
    });

  /** Checks that it is one to pull from; whether it is paused. */
  const requirePull = async (tx: Transaction, { environment, destination }: Place): Promise<boolean> => {
    const row = await tx.row(selectPullKind, [environment, destination]);
    if (row === null) throw new Fault('DESTINATION_NOT_FOUND');
    if (row.kind !== 'pull')
      throw new Fault('CONFLICT', {
        detail: 'Events are sent to this destination: pull from one of the kind pull.',
      });
    return row.state !== 'active';
  };

  const claim = async (request: PullRequest): Promise<{ batch: BatchId; rows: readonly PulledRow[] }> => {
    const { environment, destination, limit, leaseMs } = request;
    const nowMs = clock.now();
    const endMs = nowMs + leaseMs;
    // Its id says when its lease ends, by which the index finds it again.
    const batch = newId('batch', { ...clock, now: () => endMs });
    const values = [environment, destination, new Date(nowMs), limit, new Date(endMs), batch];
    const rows = await store.transaction(environment, async (tx) =>
      (await requirePull(tx, request)) ? [] : tx.rows(pullDeliveries, values),
    );
    return { batch, rows: rows.toSorted(byDueTime) };
  };

  const give = async (request: PullRequest, { actor, gone }: Puller): Promise<PulledBatch> => {
    const { environment, destination } = request;
    const { batch, rows } = await claim(request);
    if (rows.length === 0) return NOTHING;
    const read = await readSome(ports, environment, rows);
    // Nobody is there to be given anything: the next one need not wait for the lease to end.
    const { events, lost, left } = gone.aborted ? { events: [], lost: [], left: rows } : read;
    if (left.length > 0) {
      const values = [environment, left.map(({ id }) => id), batch, new Date(clock.now())];
      await store.transaction(environment, (tx) => tx.run(returnPulled, values));
    }
    if (lost.length > 0) await bury({ environment, destination }, lost);
    if (events.length === 0) return NOTHING;
    // On disk before anything of it leaves.
    const lines = events.map(({ delivery, event, attempt }) => [delivery, event.id, attempt]);
    for (const act of entries('delivery.pulled', { actor, destination, lines }))
      await audit.note(environment, act);
    for (const { delivery, event, attempt } of events)
      log.info('event pulled', { delivery, event: event.id, destination, attempt });
    return { batch, events };
  };

  /** Gives up those whose event is no longer kept. */
  const bury = async ({ environment, destination }: Place, lost: readonly PulledRow[]): Promise<void> => {
    const ids = lost.map(({ id }) => id);
    const reason = 'EVENT_NOT_FOUND';
    const values = [environment, destination, new Date(clock.now()), 'dead', reason, ids];
    await store.transaction(environment, async (tx) => {
      const ended = await tx.rows(endPulled, values);
      await keep(tx, { environment, ended, reason, address: null });
      const lines = ended.map((row) => [row.id, row.event_id, destination]);
      for (const act of entries('delivery.dead', { actor: SYSTEM, destination, lines }))
        await audit.record(tx, environment, act);
    });
  };

  /** The attempts that they were. */
  const keep = async (
    tx: Transaction,
    given: {
      environment: EnvironmentId;
      ended: readonly EndedRow[];
      reason: string | null;
      address: string | null;
    },
  ): Promise<void> => {
    const { environment, ended, reason, address } = given;
    if (ended.length === 0) return;
    const nowMs = clock.now();
    await tx.run(insertPulls, [
      environment,
      ended.map(() => newId('attempt', clock)),
      ended.map(({ id }) => id),
      ended.map(({ attempts }) => attempts),
      ended.map((row) => row.pulled_at.getTime()),
      ended.map((row) => Math.min(Math.max(nowMs - row.pulled_at.getTime(), 0), INT_MAX)),
      reason,
      address,
    ]);
  };

  const acknowledge = async (
    { environment, destination, deliveries, batch }: Acknowledgement,
    actor: Actor,
  ): Promise<number> => {
    const values = [environment, destination, new Date(clock.now()), 'delivered', null];
    const ended = await store.transaction(
      environment,
      async (tx) => {
        await requirePull(tx, { environment, destination });
        const rows = [
          ...(deliveries.length === 0 ? [] : await tx.rows(endPulled, [...values, deliveries])),
          ...(batch === undefined
            ? []
            : await tx.rows(endBatch, [...values, new Date(idTimeMs(batch)), batch])),
        ];
        await keep(tx, { environment, ended: rows, reason: null, address: actor.address });
        const lines = rows.map((row) => [row.id, row.event_id, row.attempts]);
        for (const act of entries('delivery.acknowledged', { actor, destination, lines }))
          await audit.record(tx, environment, act);
        return rows;
      },
      { repeatable: true },
    );
    for (const { id, event_id: event, attempts: attempt } of ended)
      log.info('event acknowledged', { delivery: id, event, destination, attempt });
    return ended.length;
  };

  return {
    waiters,
    acknowledge,
    async take(request, by) {
      const { actor, again, gone } = by;
      const { environment, destination, waitMs, after } = request;
      if (after !== undefined)
        await acknowledge({ environment, destination, deliveries: [], batch: after }, actor);
      const untilMs = clock.monotonic() + waitMs;
      // Before the first look: what is stored after it wakes this one.
      const waiter = waitMs === 0 ? null : waiters.open({ environment, destination });
      try {
        for (;;) {
          const found = await turns.run(() => (gone.aborted ? NOTHING : give(request, by)));
          const leftMs = untilMs - clock.monotonic();
          if (found.batch !== null || waiter === null || leftMs <= 0 || gone.aborted || waiters.isOver)
            return found;
          await waiter.next(leftMs, gone);
          await again();
        }
      } finally {
        waiter?.close();
      }
    },
  };
}

/** Which events an answer has room for; those that are no longer kept; those that are left for the next. */
async function readSome(
  ports: PullPorts,
  environment: EnvironmentId,
  rows: readonly PulledRow[],
): Promise<{ events: readonly PulledEvent[]; lost: readonly PulledRow[]; left: readonly PulledRow[] }> {
  const events: PulledEvent[] = [];
  const lost: PulledRow[] = [];
  let bytes = 0;
  for (let at = 0; at < rows.length; at += READ_TOGETHER) {
    const together = rows.slice(at, at + READ_TOGETHER);
    const ids = together.map((row) => row.event_id);
    const found = await openEvents(ports, environment, ids);
    for (const [index, row] of together.entries()) {
      const event = found.get(row.event_id);
      if (event instanceof Fault) continue; // its lease ends, and it is tried again
      if (event === undefined) {
        lost.push(row);
        continue;
      }
      if (events.length > 0 && bytes + event.body.length > ports.limits.pullAnswerBytesMax)
        return { events, lost, left: rows.slice(at + index) };
      bytes += event.body.length;
      events.push({ delivery: row.id, attempt: row.attempts, event });
    }
  }
  return { events, lost, left: [] };
}

function byDueTime(left: PulledRow, right: PulledRow): number {
  return left.due_at.getTime() - right.due_at.getTime() || (left.id < right.id ? -1 : 1);
}
