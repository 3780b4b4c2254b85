import {
  type Clock,
  type DestinationId,
  type EnvironmentId,
  type EventReader,
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
import { type AttemptResult, attempt } from './attempt.ts';
import type { DestinationInUse } from './destinations.ts';
import { type ClaimRow, claimDeliveries } from './queries.ts';
import { nextAttemptMs } from './schedule.ts';
import type { Settlement } from './settle.ts';

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
  /** Claims nothing more and waits for what is under way, which ends within `deliveryTimeoutMs`. */
  stop(): Promise<void>;
}

/** One destination gets at most this share of the places, so that one that hangs leaves room for the others. */
const SHARE = 4;
/** A lease lasts at least this many attempts: one, and as long again for what comes before and after it. */
const LEASE_ATTEMPTS_MIN = 2;

export function createSender(ports: SenderPorts): Sender {
  const { store, limits, clock, log } = ports;
  const underWay = new Set<Promise<void>>();
  const busy = new Map<DestinationId, number>();
  const shareMax = Math.max(1, Math.floor(limits.deliveryConcurrency / SHARE));
  const leaseLifeMs = Math.max(limits.deliveryLeaseMs, LEASE_ATTEMPTS_MIN * limits.deliveryTimeoutMs);
  let loop: Repeat | null = null;
  /** Whether a place that becomes free may be filled at once. */
  let more = false;

  const claim = async (): Promise<void> => {
    const places = Math.min(limits.deliveryConcurrency - underWay.size, limits.deliveryClaimItemsMax);
    more = true;
    if (places <= 0) return;
    const nowMs = clock.now();
    const leaseMs = nowMs + leaseLifeMs;
    const values = [
      new Date(nowMs),
      new Date(leaseMs),
      places,
      shareMax,
      [...busy.keys()],
      [...busy.values()],
    ];
    const isShareSpent = [...busy.values()].some((count) => count >= shareMax);
    const claims = await store.system((tx) => tx.rows(claimDeliveries, values));
    more = claims.length > 0 || isShareSpent;
    for (const [environment, group] of Map.groupBy(claims, (row) => row.environment_id)) {
      const events = readEvents(ports.events, { environment, ids: group.map((row) => row.event_id) });
      for (const row of group) begin({ row, leaseMs, events });
    }
    if (claims.length > 0 && underWay.size < limits.deliveryConcurrency) loop?.wake();
  };

  const begin = (claimed: Claimed): void => {
    const { id, destination_id: destination } = claimed.row;
    busy.set(destination, (busy.get(destination) ?? 0) + 1);
    const work = deliver(ports, claimed)
      .catch((error: unknown) =>
        log.error('a delivery could not be settled; its lease will end', { delivery: id, error }),
      )
      .finally(() => {
        underWay.delete(work);
        const left = (busy.get(destination) ?? 1) - 1;
        if (left === 0) busy.delete(destination);
        else busy.set(destination, left);
        if (more) loop?.wake();
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
      await Promise.allSettled(underWay);
    },
  };
}

interface Claimed {
  readonly row: ClaimRow;
  readonly leaseMs: number;
  readonly events: (id: string) => Promise<StoredEvent | null>;
}

async function deliver(ports: SenderPorts, claimed: Claimed): Promise<void> {
  const { settlements, limits, clock } = ports;
  const { row, leaseMs } = claimed;
  const settlement = await tried(ports, claimed);
  if (settlement === null) return;
  const { result, isFinal } = settlement;
  const attempts = row.attempts + 1;
  const { retryAfter } = result;
  const state = result.ok ? 'delivered' : isFinal || attempts >= limits.deliveryAttemptsMax ? 'dead' : 'due';
  const nextMs =
    state === 'due'
      ? nextAttemptMs({ attempts, retryAfter, nowMs: clock.now(), fraction: randomFraction() })
      : null;
  await settlements.add({ claim: row, leaseMs, state, nextMs, result });
}

/**
 * Tries once. What this event or destination can't do without counts as a failed attempt, so that it is seen, retried
 * and given up in the end; a store that is away doesn't count: the lease ends and another try begins. `null` when the
 * lease is too short by now for an attempt: whoever claims next makes it.
 */
async function tried(
  ports: SenderPorts,
  { row, leaseMs, events }: Claimed,
): Promise<{ result: AttemptResult; isFinal: boolean } | null> {
  const { limits, clock } = ports;
  try {
    const [destination, event] = await Promise.all([ports.destinationInUse(row), events(row.event_id)]);
    if (destination === null) return { result: nothingSent(clock, 'DESTINATION_NOT_FOUND'), isFinal: true };
    if (event === null) return { result: nothingSent(clock, 'EVENT_NOT_FOUND'), isFinal: true };
    if (clock.now() + limits.deliveryTimeoutMs > leaseMs) return null;
    return { result: await attempt(ports, { event, destination }), isFinal: false };
  } catch (thrown) {
    if (isStoreAway(thrown)) throw thrown;
    const { code } = toFault(thrown);
    ports.log.error('a delivery could not be prepared', {
      delivery: row.id,
      event: row.event_id,
      error: thrown,
    });
    return { result: nothingSent(clock, code), isFinal: false };
  }
}

/** Reads events together; when that fails because of one of them, each by itself, so that only that one's delivery fails. */
function readEvents(
  reader: EventReader,
  { environment, ids }: { environment: EnvironmentId; ids: readonly string[] },
): Claimed['events'] {
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

function isStoreAway(thrown: unknown): boolean {
  const { code } = toFault(thrown);
  return code === 'STORE_UNAVAILABLE' || code === 'BUSY';
}

function nothingSent(clock: Clock, reason: string): AttemptResult {
  const startedAtMs = clock.now();
  return { ok: false, startedAtMs, durationMs: 0, status: null, reason, retryAfter: null, address: null };
}
