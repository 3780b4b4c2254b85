import {
  type AuditPort,
  createGather,
  type EndpointId,
  type EnvironmentId,
  type Limits,
  SYSTEM,
} from '#base';

/** A webhook that was refused: enough to look into it, nothing of what it carried. */
export interface Refusal {
  readonly environment: EnvironmentId;
  readonly endpoint: EndpointId;
  readonly reason: string;
  readonly address: string;
  /** Of its body; 0 when it was refused before that was read. */
  readonly bytes: number;
}

/** Records refusals in the log. */
export interface Refusals {
  /** Resolves when the refusal is in the log. `BUSY` when too many wait. */
  record(refusal: Refusal): Promise<void>;
  close(): Promise<void>;
}

const ADDRESSES_MAX = 10;

/**
 * An endpoint's refusals for one reason share an entry a second, with their number: whoever knows the address can't
 * make the log grow, and none goes unrecorded. The first is recorded at once; who floods waits for the next entry.
 */
export function createRefusals({ audit, limits }: { audit: AuditPort; limits: Limits }): Refusals {
  const gather = createGather<Refusal>({
    write: (items) => write(audit, items),
    windowMs: limits.refusalWindowMs,
    itemsMax: limits.auditQueueItemsMax,
  });
  return {
    record: (refusal) => gather.add(`${refusal.environment} ${refusal.endpoint} ${refusal.reason}`, refusal),
    close: () => gather.close(),
  };
}

/** One entry for refusals of one endpoint and reason. */
async function write(audit: AuditPort, items: readonly Refusal[]): Promise<void> {
  const [first] = items;
  if (first === undefined) return;
  // Whose socket was gone before it was asked for has none.
  const known = new Set(items.map(({ address }) => address).filter((address) => address !== ''));
  const addresses = [...known].slice(0, ADDRESSES_MAX);
  await audit.note(first.environment, {
    action: 'webhook.refused',
    actor: { ...SYSTEM, kind: 'anonymous', address: addresses[0] ?? null },
    resource: `endpoint:${first.endpoint}`,
    outcome: 'refused',
    details: {
      reason: first.reason,
      count: items.length,
      bytes: items.reduce((sum, { bytes }) => sum + bytes, 0),
      addresses,
    },
  });
}
