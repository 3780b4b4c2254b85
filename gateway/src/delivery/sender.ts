import {
  type Clock,
  type DestinationId,
  type EventReader,
  type Limits,
  type Log,
  type Repeat,
  randomFraction,
  repeat,
  type StoredEvent,
} from '#base';
import type { Outbound } from '#outbound';
import type { Batcher, Store } from '#store';
import { attempt } from './attempt.ts';
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
  /** Claims nothing more and waits for what is under way. */
  stop(): Promise<void>;
}

/** One destination gets at most this share of the places, so that one that hangs leaves room for the others. */
const SHARE = 4;

export function createSender(ports: SenderPorts): Sender {
  const { store, limits, clock, log } = ports;
  const underWay = new Set<Promise<void>>();
  const busy = new Map<DestinationId, number>();
  const shareMax = Math.max(1, Math.floor(limits.deliveryConcurrency / SHARE));
  let loop: Repeat | null = null;
  let more = false;

  const claim = async (): Promise<void> => {
    const places = Math.min(limits.deliveryConcurrency - underWay.size, limits.deliveryClaimItemsMax);
    more = false;
    if (places <= 0) return;
    const nowMs = clock.now();
    const leaseMs = nowMs + limits.deliveryLeaseMs;
    const full = [...busy].filter(([, count]) => count >= shareMax).map(([destination]) => destination);
    const values = [new Date(nowMs), new Date(leaseMs), Math.min(places, shareMax), full];
    const claims = await store.system((tx) => tx.rows(claimDeliveries, values));
    // Busy places are given back one by one; each asks for more when there may be more.
    more = claims.length > 0;
    for (const [environment, group] of Map.groupBy(claims, (row) => row.environment_id)) {
      const bodies = ports.events.read(
        environment,
        group.map((row) => row.event_id),
      );
      bodies.catch(() => undefined);
      for (const row of group) begin(row, leaseMs, bodies);
    }
    if (more && underWay.size < limits.deliveryConcurrency) loop?.wake();
  };

  const begin = (row: ClaimRow, leaseMs: number, bodies: Promise<ReadonlyMap<string, StoredEvent>>): void => {
    busy.set(row.destination_id, (busy.get(row.destination_id) ?? 0) + 1);
    const work = deliver(ports, { row, leaseMs, bodies })
      .catch((error: unknown) =>
        log.error('a delivery could not be settled; its lease will end', { delivery: row.id, error }),
      )
      .finally(() => {
        underWay.delete(work);
        const left = (busy.get(row.destination_id) ?? 1) - 1;
        if (left === 0) busy.delete(row.destination_id);
        else busy.set(row.destination_id, left);
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
  readonly bodies: Promise<ReadonlyMap<string, StoredEvent>>;
}

async function deliver(ports: SenderPorts, { row, leaseMs, bodies }: Claimed): Promise<void> {
  const { settlements, limits, clock } = ports;
  const [destination, found] = await Promise.all([ports.destinationInUse(row), bodies]);
  const event = found.get(row.event_id);
  const settlement = { claim: row, leaseMs };
  if (destination === null || event === undefined) {
    await settlements.add({
      ...settlement,
      state: 'dead',
      nextMs: null,
      result: nothingSent(clock, destination === null),
    });
    return;
  }
  if (destination.state === 'paused') {
    await settlements.add({ ...settlement, state: 'due', nextMs: null, result: null });
    return;
  }
  const result = await attempt(ports, { event, destination });
  const attempts = row.attempts + 1;
  const { retryAfter } = result;
  const state = result.ok ? 'delivered' : attempts >= limits.deliveryAttemptsMax ? 'dead' : 'due';
  const nextMs = nextAttemptMs({ attempts, retryAfter, nowMs: clock.now(), fraction: randomFraction() });
  await settlements.add({ ...settlement, state, nextMs: state === 'due' ? nextMs : null, result });
}

function nothingSent(clock: Clock, destinationGone: boolean) {
  const reason = destinationGone ? 'DESTINATION_NOT_FOUND' : 'EVENT_NOT_FOUND';
  return {
    ok: false,
    startedAtMs: clock.now(),
    durationMs: 0,
    status: null,
    reason,
    retryAfter: null,
    address: null,
  };
}
