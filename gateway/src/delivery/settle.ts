import {
  type AuditPort,
  type Clock,
  type DeliveryId,
  type EnvironmentId,
  type JsonValue,
  type Limits,
  type Log,
  type LogFields,
  newId,
  SYSTEM,
  toFault,
} from '#base';
import { type Batcher, type BatchResult, createBatcher, type Store } from '#store';
import type { AttemptResult } from './attempt.ts';
import { type ClaimRow, insertAttempts, settleDeliveries } from './queries.ts';

/** A claimed delivery and what became of it. */
export interface Settlement {
  readonly claim: ClaimRow;
  readonly leaseMs: number;
  readonly state: 'due' | 'delivered' | 'dead';
  /** `null` for one that waits for a paused destination. */
  readonly nextMs: number | null;
  /** `null` when nothing was tried. */
  readonly result: AttemptResult | null;
}

export interface SettlePorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Writes results down in groups: deliveries, attempts and the entry of the log in one transaction. */
export function createSettlements(ports: SettlePorts): Batcher<Settlement, null> {
  const { limits, clock } = ports;
  return createBatcher<Settlement, null>({
    name: 'settlements',
    flush: (items) => flush(ports, items),
    itemsMax: limits.deliveryClaimItemsMax,
    queueItemsMax: limits.deliveryClaimItemsMax * 16,
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
  { store, audit, clock, log }: SettlePorts,
  environment: EnvironmentId,
  group: readonly Settlement[],
) {
  await store.transaction(environment, async (tx) => {
    const settled = new Set<DeliveryId>(
      await tx.rows(settleDeliveries, [
        environment,
        group.map(({ claim }) => claim.id),
        group.map(({ state }) => state),
        group.map(({ result }) => result?.status ?? null),
        group.map(({ result }) => result?.reason ?? null),
        group.map(({ nextMs }) => nextMs),
        group.map(({ leaseMs }) => leaseMs),
        group.map(({ result }) => (result === null ? 0 : 1)),
        new Date(clock.now()),
      ]),
    );
    // A lease that has passed on is settled by its new holder; the attempt was made all the same.
    const tried = group.flatMap((item) => (item.result === null ? [] : [{ ...item, result: item.result }]));
    if (tried.length === 0) return;
    await tx.run(insertAttempts, [
      environment,
      tried.map(() => newId('attempt', clock)),
      tried.map(({ claim }) => claim.id),
      tried.map(({ claim }) => claim.attempts + 1),
      tried.map(({ result }) => result.startedAtMs),
      tried.map(({ result }) => result.durationMs),
      tried.map(({ result }) => result.status),
      tried.map(({ result }) => result.reason),
      tried.map(({ result }) => result.address),
    ]);
    await record(tried, (details, action) =>
      audit.record(tx, environment, {
        action,
        actor: SYSTEM,
        resource: null,
        outcome: 'success',
        details: { ...details, settled: settled.size },
      }),
    );
  });
  for (const { claim, state, result } of group) if (result !== null) tell(log, { claim, state, result });
}

function tell(log: Log, { claim, state, result }: Pick<Tried, 'claim' | 'state' | 'result'>): void {
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

type Tried = Settlement & { readonly result: AttemptResult };

async function record(
  tried: readonly Tried[],
  write: (details: { readonly [key: string]: JsonValue }, action: string) => Promise<void>,
): Promise<void> {
  const lines = tried.map(({ claim, result }) => [
    claim.id,
    claim.event_id,
    claim.destination_id,
    claim.attempts + 1,
    result.ok ? 'delivered' : (result.reason ?? 'failed'),
  ]);
  await write({ count: tried.length, attempts: lines }, 'delivery.attempted');
  const dead = tried
    .filter(({ state }) => state === 'dead')
    .map(({ claim }) => [claim.id, claim.event_id, claim.destination_id]);
  if (dead.length > 0) await write({ count: dead.length, deliveries: dead }, 'delivery.dead');
}
