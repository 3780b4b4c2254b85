import { type AuditPort, type Clock, type EnvironmentId, type Limits, SYSTEM, type Transaction } from '#base';
import type { AttemptResult } from './attempt.ts';
import { markHealth } from './queries.ts';
import type { Settlement } from './settle.ts';

/** A destination whose state changed by itself. */
export interface HealthChange {
  readonly id: Settlement['claim']['destination_id'];
  readonly after: 'active' | 'failing';
}

interface HealthPorts {
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** However long ago the first was: what gets one event a week isn't given up for one that failed. */
const FAILURES_MIN = 10;
const GONE = 410;

/**
 * Keeps what attempts say of their destinations. One at which everything has failed for `destinationFailingSeconds`, or
 * that says it is gone for good (410), is paused by itself: its deliveries wait, none of them dies, and one of them is
 * tried from time to time. The first that is taken ends that. Where nothing failed, nothing is written.
 */
export async function recordHealth(
  { audit, limits, clock }: HealthPorts,
  { tx, environment, group }: { tx: Transaction; environment: EnvironmentId; group: readonly Settlement[] },
): Promise<readonly HealthChange[]> {
  const telling = [
    ...Map.groupBy(
      group.filter(({ result }) => isOfDestination(result)),
      ({ claim }) => claim.destination_id,
    ),
  ].map(([id, items]) => ({ id, ...summary(items) }));
  if (telling.length === 0) return [];
  const nowMs = clock.now();
  const rows = await tx.rows(markHealth, [
    environment,
    telling.map(({ id }) => id),
    telling.map(({ ok }) => ok),
    telling.map(({ failed }) => failed),
    telling.map(({ gone }) => gone),
    telling.map(({ reason }) => reason),
    new Date(nowMs),
    new Date(nowMs - limits.destinationFailingSeconds * 1_000),
    FAILURES_MIN,
    limits.destinationProbeSeconds,
  ]);
  const changes: HealthChange[] = [];
  for (const { id, before, after } of rows) {
    if (before === after || after === 'paused') continue;
    changes.push({ id, after });
    const reason = telling.find((each) => each.id === id)?.reason ?? null;
    await audit.record(tx, environment, {
      action: after === 'failing' ? 'destination.failing' : 'destination.recovered',
      actor: SYSTEM,
      resource: `destination:${id}`,
      outcome: 'success',
      details: { reason },
    });
  }
  return changes;
}

/** Whether a result says anything of its destination: what never reached the network doesn't. */
export function isOfDestination(result: AttemptResult): boolean {
  return result.ok || result.status !== null || result.reason?.startsWith('OUTBOUND_') === true;
}

function summary(items: readonly Settlement[]) {
  const failed = items.filter(({ result }) => !result.ok);
  return {
    ok: failed.length < items.length,
    failed: failed.length,
    gone: failed.some(({ result }) => result.status === GONE),
    reason: failed.at(-1)?.result.reason ?? null,
  };
}
