import { encodeEntry, evidenceLimits } from '@sallyport/evidence';
import { type Act, type Actor, type EnvironmentId, Fault, isoTime, type Limits, newId } from '#base';

/** An entry as it goes to the disk. */
export interface Encoded {
  readonly environment: EnvironmentId;
  readonly id: string;
  readonly at: Date;
  readonly action: string;
  readonly resource: string | null;
  readonly bytes: Buffer;
}

export interface Recording {
  readonly environment: EnvironmentId;
  readonly act: Act;
  readonly nowMs: number;
  readonly limits: Pick<Limits, 'auditDetailsBytesMax'>;
}

/** The entry of an act. Throws `AUDIT_UNAVAILABLE` for one over its limit, `EvidenceError` for details that are no JSON. */
export function encoded({ environment, act, nowMs, limits }: Recording): Encoded {
  const { action, actor, resource, outcome, details } = act;
  const { kind, id: actorId, address, request } = actor;
  const id = newId('entry', { now: () => nowMs, monotonic: () => 0 });
  const bytes = Buffer.from(
    encodeEntry({
      version: 1,
      id,
      time: isoTime(nowMs),
      environment,
      action,
      actor: { kind, id: actorId },
      resource,
      outcome,
      address,
      agent: agentOf(actor),
      request,
      details,
    }),
  );
  if (bytes.length > limits.auditDetailsBytesMax)
    throw new Fault('AUDIT_UNAVAILABLE', { detail: 'The entry is too large.' });
  return { environment, id, at: new Date(nowMs), action, resource, bytes };
}

/** What an actor calls itself, as it stands in an entry. */
export function agentOf({ agent }: Actor): string | null {
  return agent?.slice(0, evidenceLimits.entryTextCharactersMax).toWellFormed() ?? null;
}
