import {
  type AuditPort,
  type Clock,
  type EndpointId,
  type EnvironmentId,
  type Limits,
  SYSTEM,
  toFault,
} from '#base';
import { type BatchResult, createBatcher } from '#store';

/** A webhook that was refused: enough to look into it, nothing of what it carried. */
export interface Refusal {
  readonly environment: EnvironmentId;
  readonly endpoint: EndpointId;
  readonly reason: string;
  readonly address: string;
}

/** Records refusals in the log. */
export interface Refusals {
  /** Resolves when the refusal is in the log. `BUSY` when too many wait. */
  record(refusal: Refusal): Promise<void>;
  close(): Promise<void>;
}

const ADDRESSES_MAX = 10;

/**
 * Refusals that come together share an entry, counted by endpoint and reason: a flood of forgeries makes few entries,
 * and none goes unrecorded.
 */
export function createRefusals(ports: { audit: AuditPort; limits: Limits; clock: Clock }): Refusals {
  const { audit, limits, clock } = ports;
  const batcher = createBatcher<Refusal, null>({
    name: 'refusals',
    flush: (items) => flush(audit, items),
    itemsMax: limits.auditBatchItemsMax,
    queueItemsMax: limits.auditQueueItemsMax,
    concurrency: 1,
    timeoutMs: limits.webhookCommitTimeoutMs,
    clock,
  });
  return {
    async record(refusal) {
      await batcher.add(refusal);
    },
    close: () => batcher.close(),
  };
}

async function flush(audit: AuditPort, items: readonly Refusal[]): Promise<readonly BatchResult<null>[]> {
  const groups = Map.groupBy(
    items,
    ({ environment, endpoint, reason }) => `${environment} ${endpoint} ${reason}`,
  );
  const results = new Map<Refusal, BatchResult<null>>();
  await Promise.all(
    [...groups.values()].map(async (group) => {
      const [first] = group;
      if (first === undefined) return;
      const addresses = [...new Set(group.map(({ address }) => address))].slice(0, ADDRESSES_MAX);
      const result = await audit
        .note(first.environment, {
          action: 'webhook.refused',
          actor: { ...SYSTEM, kind: 'anonymous', address: addresses[0] ?? null },
          resource: `endpoint:${first.endpoint}`,
          outcome: 'refused',
          details: { reason: first.reason, count: group.length, addresses },
        })
        .then(
          (): BatchResult<null> => ({ ok: true, value: null }),
          (thrown: unknown): BatchResult<null> => ({ ok: false, fault: toFault(thrown) }),
        );
      for (const item of group) results.set(item, result);
    }),
  );
  return items.map((item) => results.get(item) ?? { ok: true, value: null });
}
