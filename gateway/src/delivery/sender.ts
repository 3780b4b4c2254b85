import {
  type Clock,
  type DestinationId,
  type EnvironmentId,
  type EventReader,
  isoTime,
  type Limits,
  type Log,
  type Repeat,
  randomFraction,
  repeat,
  type StoredEvent,
  toFault,
} from '#base';
import type { Outbound } from '#outbound';
import type { Batcher, Store } from '#store';
import { type AttemptResult, attempt, nothingSent } from './attempt.ts';
import { createFloors } from './floors.ts';
import { isOfDestination } from './health.ts';
import type { DestinationInUse } from './in-use.ts';
import { isStoreAway } from './open-events.ts';
import { createPace } from './pace.ts';
import { type ClaimRow, claimDeliveries, mayBeForgotten } from './queries.ts';
import { nextAttemptMs } from './schedule.ts';
import { type Settlement, unsettledMax } from './settle.ts';
import { createSlow } from './slow.ts';

export interface SenderPorts {
  readonly store: Store;
  readonly outbound: Outbound;
  readonly events: EventReader;
  readonly destinationInUse: (claim: ClaimRow) => Promise<DestinationInUse | null>;
  readonly settlements: Batcher<Settlement, null>;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Claims what is due and sends it, a bounded number at a time. */
export interface Sender {
  start(): void;
  /** There is something to do. */
  wake(): void;
  /** Claims nothing more and waits for what is under way, which ends within the longest time limit of an attempt. */
  stop(): Promise<void>;
}

/** One destination gets at most this share of the places, so that one that hangs leaves room for the others. */
const SHARE = 4;
/** Those that are slow share one part of so many: however many of them there are, the others have the rest. */
const SLOW_SHARE = 2;
/** Slow is what takes at least one part of so many of the time limit. */
const SLOW_TIME = 3;
/** A lease lasts at least this many attempts: one, and as long again for what comes before and after it. */
const LEASE_ATTEMPTS_MIN = 2;
/** The receiver wants no more events, ever (Standard Webhooks, "Response status codes"). */
const GONE = 410;

export function createSender(ports: SenderPorts): Sender {
  const { store, limits, clock, log } = ports;
  /** Claimed, and not written down yet. */
  const underWay = new Set<Promise<void>>();
  /** Of these, whose attempt has not ended. */
  let attempting = 0;
  /** Of each destination: how many attempts are under way, and how many may be. */
  const busy = new Map<DestinationId, { count: number; max: number }>();
  const pace = createPace();
  const floors = createFloors({ everyMs: limits.deliveryPollMs });
  const slow = createSlow({ fromMs: limits.deliveryTimeoutMs / SLOW_TIME });
  const slowMax = Math.max(1, Math.floor(limits.deliveryConcurrency / SLOW_SHARE));
  const shareMax = Math.max(1, Math.floor(limits.deliveryConcurrency / SHARE));
  const attemptMs = Math.max(limits.deliveryTimeoutMs, limits.deliveryTimeoutMaxMs);
  const leaseLifeMs = Math.max(limits.deliveryLeaseMs, LEASE_ATTEMPTS_MIN * attemptMs);
  let loop: Repeat | null = null;
  let paced: NodeJS.Timeout | null = null;
  /** Whether a place that becomes free may be filled at once. */
  let more = false;

  const claim = async (): Promise<void> => {
    const places = Math.min(
      limits.deliveryConcurrency - attempting,
      unsettledMax(limits) - underWay.size,
      limits.deliveryClaimItemsMax,
    );
    more = true;
    if (places <= 0) return;
    const nowMs = clock.now();
    const leaseMs = nowMs + leaseLifeMs;
    const allowed = pace.allowed(clock.monotonic());
    const slowIds = slow.list();
    const known = [...new Set([...busy.keys(), ...allowed.keys(), ...slowIds])];
    const underWayAt = (id: DestinationId): number => busy.get(id)?.count ?? 0;
    const slowUnderWay = slowIds.reduce((sum, id) => sum + underWayAt(id), 0);
    const slowPlaces = Math.min(slowMax - slowUnderWay, places);
    const hasRoom = (id: DestinationId): boolean =>
      underWayAt(id) < (busy.get(id)?.max ?? 1) && allowed.get(id) !== 0 && (slowPlaces > 0 || !slow.has(id));
    const since = JSON.stringify(
      Object.fromEntries([...floors.at(clock.monotonic(), hasRoom)].map(([id, ms]) => [id, isoTime(ms)])),
    );
    /** What is given `only` to these, or to all but the slow ones: they count as busy enough. */
    const valuesOf = (placesMax: number, only: readonly DestinationId[] | null) => [
      new Date(nowMs),
      new Date(leaseMs),
      placesMax,
      shareMax,
      known,
      known.map((id) => (only === null && slow.has(id) ? shareMax : underWayAt(id))),
      known.map((id) => allowed.get(id) ?? null),
      only,
      since,
    ];
    const claims = await store.system(async (tx) => {
      // One that hangs has all of its places taken nearly always: nothing is asked for it with each claim of the others.
      const ofSlow = slowIds.some(hasRoom)
        ? await tx.rows(claimDeliveries, valuesOf(slowPlaces, slowIds))
        : [];
      const left = places - ofSlow.length;
      const all =
        left === 0 ? ofSlow : [...ofSlow, ...(await tx.rows(claimDeliveries, valuesOf(left, null)))];
      if (all.length > 0 && all.every(isForgettable)) await tx.run(mayBeForgotten, []);
      return all;
    });
    floors.claimed(claims, clock.monotonic());
    more = claims.length > 0;
    for (const [environment, group] of Map.groupBy(claims, (row) => row.environment_id)) {
      const events = readEvents(ports.events, { environment, ids: group.map((row) => row.event_id) });
      for (const row of group) begin({ row, leaseMs }, events(row.event_id));
    }
    if (claims.length > 0 && attempting < limits.deliveryConcurrency) loop?.wake();
    wakeInPace();
  };

  /** A rate that holds something back is waited for by itself, not by the next look. */
  const wakeInPace = (): void => {
    const waitMs = pace.waitMs(clock.monotonic());
    if (waitMs === null || waitMs >= limits.deliveryPollMs || paced !== null) return;
    paced = setTimeout(() => {
      paced = null;
      loop?.wake();
    }, waitMs);
  };

  const begin = (claimed: Claimed, event: Promise<StoredEvent | null>): void => {
    const {
      id,
      destination_id: destination,
      rate_per_second: perSecond,
      concurrency,
      is_probe,
    } = claimed.row;
    const max = is_probe ? 1 : Math.min(shareMax, concurrency ?? shareMax);
    busy.set(destination, { count: (busy.get(destination)?.count ?? 0) + 1, max });
    if (perSecond !== null) pace.take(destination, { perSecond, nowMs: clock.monotonic() });
    attempting += 1;
    const wasSlow = slow.has(destination);
    let isPlaceHeld = true;
    const freePlace = (): void => {
      if (!isPlaceHeld) return;
      isPlaceHeld = false;
      attempting -= 1;
      const had = busy.get(destination)?.count ?? 1;
      const left = had - 1;
      if (left === 0) busy.delete(destination);
      else busy.set(destination, { count: left, max });
      // More of its destination may wait for just this place. One that never answers has all of its places taken, and must not
      // have every other end of an attempt look for more.
      if (more || had >= max || wasSlow) loop?.wake();
    };
    const ended = ({ durationMs }: AttemptResult): void => {
      slow.told(destination, durationMs);
      // A place is for an attempt: what came of it is written down with others, and holds up none of them. But what a probe
      // shows is known once it is written, and until then there is no other one.
      if (!is_probe) freePlace();
    };
    const work = deliver(ports, { claimed, trying: tried(ports, claimed, event), ended })
      .catch((error: unknown) =>
        log.error('a delivery could not be settled; its lease will end', { delivery: id, error }),
      )
      .finally(() => {
        const wasFull = underWay.size >= unsettledMax(limits);
        underWay.delete(work);
        freePlace();
        // The next of its order became due with it.
        if (wasFull || claimed.row.order_key !== null) loop?.wake();
      });
    underWay.add(work);
  };

  return {
    start() {
      loop ??= repeat({ name: 'delivery.sender', everyMs: limits.deliveryPollMs, run: claim, clock, log });
    },
    wake: () => loop?.wake(),
    async stop() {
      await loop?.stop();
      loop = null;
      if (paced !== null) clearTimeout(paced);
      await Promise.allSettled(underWay);
    },
  };
}

/**
 * A claim that Postgres forgets when it dies is a delivery that is due again, as it would be after its lease: it may arrive twice, as after
 * any crash. Waiting for the disk with each claim would make every delivery later, and a slow disk a queue. But the next of an
 * order must not overtake a repetition of the first, and a probe is alone.
 */
function isForgettable({ order_key, is_probe }: ClaimRow): boolean {
  return order_key === null && !is_probe;
}

interface Claimed {
  readonly row: ClaimRow;
  readonly leaseMs: number;
}

/** Waits for an attempt, says when it has `ended`, and has it written down; does nothing where none could be made. Has no body. */
async function deliver(
  ports: SenderPorts,
  {
    claimed,
    trying,
    ended,
  }: { claimed: Claimed; trying: Promise<Tried | null>; ended: (result: AttemptResult) => void },
): Promise<void> {
  const { row, leaseMs } = claimed;
  const settlement = await trying;
  if (settlement === null) return;
  const { result, isFinal, destination } = settlement;
  ended(result);
  // What shows whether a destination is back takes nothing from the delivery's own attempts, and none dies of its being gone.
  const counts = result.ok || !row.is_probe || !isOfDestination(result);
  const isOver = isFinal || (counts && result.status !== GONE && isLast(ports, claimed, destination));
  const state = result.ok ? 'delivered' : isOver ? 'dead' : 'due';
  const nextMs = state === 'due' ? nextMsOf(ports, claimed, settlement) : null;
  await ports.settlements.add({ claim: row, leaseMs, state, nextMs, result, counts });
}

function isLast({ limits }: SenderPorts, { row }: Claimed, destination: DestinationInUse | null): boolean {
  const own = destination?.settings.scheduleSeconds ?? null;
  return row.attempts + 1 >= (own === null ? limits.deliveryAttemptsMax : own.length + 1);
}

function nextMsOf({ clock }: SenderPorts, { row }: Claimed, { result, destination }: Tried): number {
  return nextAttemptMs({
    delaysSeconds: destination?.settings.scheduleSeconds,
    attempts: row.attempts + 1,
    retryAfter: result.retryAfter,
    nowMs: clock.now(),
    fraction: randomFraction(),
  });
}

interface Tried {
  readonly result: AttemptResult;
  /** Whether no further attempt can go better. */
  readonly isFinal: boolean;
  readonly destination: DestinationInUse | null;
}

/**
 * Tries once. What this event or destination can't do without counts as a failed attempt, so that it is seen, retried
 * and given up in the end; a store that is away doesn't count: the lease ends and another try begins. `null` when the
 * lease is too short by now for an attempt: whoever claims next makes it.
 */
async function tried(
  ports: SenderPorts,
  { row, leaseMs }: Claimed,
  found: Promise<StoredEvent | null>,
): Promise<Tried | null> {
  const { limits, clock } = ports;
  const nothing = (reason: string, isFinal: boolean): Tried => ({
    result: nothingSent(clock, reason),
    isFinal,
    destination: null,
  });
  try {
    const [destination, event] = await Promise.all([ports.destinationInUse(row), found]);
    if (destination === null) return nothing('DESTINATION_NOT_FOUND', true);
    if (event === null) return nothing('EVENT_NOT_FOUND', true);
    if (clock.now() + (destination.settings.timeoutMs ?? limits.deliveryTimeoutMs) > leaseMs) return null;
    return { result: await attempt(ports, { event, destination }), isFinal: false, destination };
  } catch (thrown) {
    if (isStoreAway(thrown)) throw thrown;
    const { code } = toFault(thrown);
    ports.log.error('a delivery could not be prepared', {
      delivery: row.id,
      event: row.event_id,
      error: thrown,
    });
    return nothing(code, false);
  }
}
/**
 * Reads events together; when that fails because of one of them, each by itself, so that only that one's delivery fails. Whoever
 * asked has that event alone: a slow attempt doesn't keep the bodies of all that were read with its own.
 */
function readEvents(
  reader: EventReader,
  { environment, ids }: { environment: EnvironmentId; ids: readonly string[] },
): (id: string) => Promise<StoredEvent | null> {
  const together = reader.read(environment, ids);
  together.catch(() => undefined);
  return async (id) => {
    try {
      return (await together).get(id) ?? null;
    } catch (thrown) {
      if (isStoreAway(thrown) || ids.length === 1) throw thrown;
      return (await reader.read(environment, [id])).get(id) ?? null;
    }
  };
}
