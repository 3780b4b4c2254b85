import {
  type AuditPort,
  type Clock,
  type DeliveryId,
  type DestinationId,
  type EnvironmentId,
  type JsonValue,
  type Limits,
  type Log,
  type LogFields,
  newId,
  SYSTEM,
  type Transaction,
  toFault,
} from '#base';
import { type Batcher, type BatchResult, createBatcher, type Store } from '#store';
import type { AttemptResult } from './attempt.ts';
import type { DestinationTarget } from './destinations.ts';
import { recordHealth } from './health.ts';
import {
  type ClaimRow,
  insertAttempts,
  lockOrders,
  promoteDeliveries,
  promoteFirsts,
  settleDeliveries,
} from './queries.ts';

/** A claimed delivery and what became of it. */
export interface Settlement {
  readonly claim: ClaimRow;
  readonly leaseMs: number;
  readonly state: 'due' | 'delivered' | 'dead';
  /** When to try again; `null` when it is over. */
  readonly nextMs: number | null;
  readonly result: AttemptResult;
  /** Whether it is one of the attempts that a delivery has. */
  readonly counts: boolean;
}

export interface SettlePorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  /** A destination was paused by itself, or works again. */
  readonly onHealth: (target: DestinationTarget) => void;
}

/** Deliveries claimed and not written down, at most: those whose attempt is under way, and as many whose attempt has ended. */
export function unsettledMax({ deliveryConcurrency }: Limits): number {
  return 2 * deliveryConcurrency;
}

/** Writes results down in groups: deliveries, attempts and the entry of the log in one transaction. */
export function createSettlements(ports: SettlePorts): Batcher<Settlement, null> {
  const { limits, clock } = ports;
  return createBatcher<Settlement, null>({
    name: 'settlements',
    flush: (items) => flush(ports, items),
    itemsMax: limits.deliveryClaimItemsMax,
    queueItemsMax: unsettledMax(limits),
    concurrency: 2,
    timeoutMs: limits.deliveryLeaseMs,
    clock,
  });
}

async function flush(
  ports: SettlePorts,
  items: readonly Settlement[],
): Promise<readonly BatchResult<null>[]> {
  const failed = new Map<EnvironmentId, BatchResult<null>>();
  for (const [environment, group] of Map.groupBy(items, ({ claim }) => claim.environment_id)) {
    try {
      await settleGroup(ports, environment, group);
    } catch (thrown) {
      failed.set(environment, { ok: false, fault: toFault(thrown) });
    }
  }
  return items.map(({ claim }) => failed.get(claim.environment_id) ?? { ok: true, value: null });
}

async function settleGroup(
  ports: SettlePorts,
  environment: EnvironmentId,
  group: readonly Settlement[],
): Promise<void> {
  const { store, clock, log } = ports;
  const values = [
    environment,
    group.map(({ claim }) => claim.id),
    group.map(({ state }) => state),
    group.map(({ result }) => result.status),
    group.map(({ result }) => result.reason),
    group.map(({ nextMs }) => nextMs),
    group.map(({ leaseMs }) => leaseMs),
    new Date(clock.now()),
    group.map(({ counts }) => (counts ? 1 : 0)),
  ];
  const attempts = [
    environment,
    group.map(() => newId('attempt', clock)),
    group.map(({ claim }) => claim.id),
    group.map(({ claim }) => claim.attempts + 1),
    group.map(({ result }) => result.startedAtMs),
    group.map(({ result }) => result.durationMs),
    group.map(({ result }) => result.status),
    group.map(({ result }) => result.reason),
    group.map(({ result }) => result.address),
    group.map(({ result }) => (result.answerHeaders === null ? null : JSON.stringify(result.answerHeaders))),
    group.map(({ result }) => result.answerStart),
  ];
  const changed = await store.transaction(environment, async (tx) => {
    const ordered = group.filter(({ claim, state }) => claim.order_key !== null && state !== 'due');
    const orders = [...new Set(ordered.map(({ claim }) => claim.destination_id))];
    // Those that wait are looked for under the lock under which they came, or one that just comes would not be seen. It is
    // taken before any row of a destination, here as elsewhere.
    if (orders.length > 0) await tx.run(lockOrders, [orders]);
    const settled = new Set(await tx.rows(settleDeliveries, values));
    if (ordered.length > 0)
      await tx.run(promoteDeliveries, [environment, ...keysOf(ordered), new Date(clock.now())]);
    // One whose lease has passed on is settled by its new holder; its attempt was made all the same.
    const [, , health] = await Promise.all([
      tx.run(insertAttempts, attempts),
      record(ports, { tx, environment, group, settled }),
      recordHealth(ports, { tx, environment, group }),
    ]);
    // While it failed, months may have ended, and with them the first of an order.
    for (const { id, after } of health)
      if (after === 'active') await tx.run(promoteFirsts, [environment, id, new Date(clock.now())]);
    return health;
  });
  for (const settlement of group) tell(log, settlement);
  for (const { id, after } of changed) {
    if (after === 'failing')
      log.warn('a destination is paused, since it fails; it is tried from time to time', { destination: id });
    else log.info('a destination works again', { destination: id });
    ports.onHealth({ environment, destination: id });
  }
}

/** Each order once, as two columns. */
function keysOf(ordered: readonly Settlement[]): readonly [DestinationId[], Buffer[]] {
  const keys = new Map<string, readonly [DestinationId, Buffer]>();
  for (const { claim } of ordered) {
    const key = Buffer.from(claim.order_key ?? []);
    keys.set(`${claim.destination_id} ${key.toString('hex')}`, [claim.destination_id, key]);
  }
  return [[...keys.values()].map(([id]) => id), [...keys.values()].map(([, key]) => key)];
}

/** Bytes of one line of an entry (three ids, a number, a reason) at most, and of all that stands around the lines. */
const LINE_BYTES_MAX = 160;
const FRAME_BYTES_MAX = 512;

interface Settled {
  readonly tx: Transaction;
  readonly environment: EnvironmentId;
  readonly group: readonly Settlement[];
  /** Those this node settled. */
  readonly settled: ReadonlySet<DeliveryId>;
}

async function record(
  { audit, limits }: SettlePorts,
  { tx, environment, group, settled }: Settled,
): Promise<void> {
  const linesMax = Math.max(1, Math.floor((limits.auditDetailsBytesMax - FRAME_BYTES_MAX) / LINE_BYTES_MAX));
  const write = async (action: string, name: string, lines: readonly JsonValue[]): Promise<void> => {
    for (let at = 0; at < lines.length; at += linesMax) {
      const part = lines.slice(at, at + linesMax);
      const details = { count: part.length, [name]: part };
      await audit.record(tx, environment, {
        action,
        actor: SYSTEM,
        resource: null,
        outcome: 'success',
        details,
      });
    }
  };
  const idsOf = ({ claim }: Settlement): string[] => [claim.id, claim.event_id, claim.destination_id];
  await write(
    'delivery.attempted',
    'attempts',
    group.map((item) => [...idsOf(item), item.claim.attempts + 1, item.result.reason ?? 'delivered']),
  );
  const dead = group.filter(({ state, claim }) => state === 'dead' && settled.has(claim.id));
  await write('delivery.dead', 'deliveries', dead.map(idsOf));
}

function tell(log: Log, { claim, state, result }: Settlement): void {
  const { status, reason, durationMs } = result;
  const fields: LogFields = {
    delivery: claim.id,
    event: claim.event_id,
    destination: claim.destination_id,
    attempt: claim.attempts + 1,
    durationMs,
    ...(status === null ? {} : { status }),
    ...(reason === null ? {} : { reason }),
  };
  if (result.ok) log.info('event delivered', fields);
  else log.warn(state === 'dead' ? 'delivery is dead' : 'delivery failed and will be tried again', fields);
}
