import {
  type Actor,
  type AuditPort,
  createGather,
  type EnvironmentId,
  type FaultCode,
  type KeyId,
  type Limits,
} from '#base';

/** A credential that is ours and was refused. */
export interface Refusal {
  readonly environment: EnvironmentId;
  readonly key: KeyId;
  readonly code: FaultCode;
  readonly actor: Actor;
  /** What was wrong with it, for the log alone. */
  readonly reason?: string;
}

/** Records refusals in the log of the environment whose key it is. */
export interface Refusals {
  /** Resolves when the refusal is in the log. */
  record(refusal: Refusal): Promise<void>;
  close(): Promise<void>;
}

const ADDRESSES_MAX = 10;

/** A key's refusals for one reason share an entry a second, with their number: a leaked, revoked key can't fill the log. */
export function createRefusals({ audit, limits }: { audit: AuditPort; limits: Limits }): Refusals {
  const gather = createGather<Refusal>({
    write: (items) => write(audit, items),
    windowMs: limits.refusalWindowMs,
    itemsMax: limits.auditQueueItemsMax,
  });
  return {
    record: (refusal) => gather.add(`${refusal.key} ${refusal.code} ${refusal.reason ?? ''}`, refusal),
    close: () => gather.close(),
  };
}

async function write(audit: AuditPort, items: readonly Refusal[]): Promise<void> {
  const [first] = items;
  if (first === undefined) return;
  const { environment, key, code, actor, reason } = first;
  const addresses = [...new Set(items.map((item) => item.actor.address))].slice(0, ADDRESSES_MAX);
  const many = items.length === 1 ? {} : { count: items.length, addresses };
  await audit.note(environment, {
    action: 'auth.refused',
    actor: { ...actor, kind: 'key', id: key },
    resource: `key:${key}`,
    outcome: 'refused',
    details: { code, ...(reason === undefined ? {} : { reason }), ...many },
  });
}
