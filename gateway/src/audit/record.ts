import { encodeEntry, evidenceLimits } from '@sallyport/evidence';
import {
  type Act,
  type AuditPort,
  type Clock,
  type EnvironmentId,
  Fault,
  isoTime,
  type Limits,
  newId,
  type Transaction,
  toFault,
} from '#base';
import { type Batcher, type BatchResult, createBatcher, type Store } from '#store';
import { insertPending, insertPendings } from './queries.ts';

interface Encoded {
  readonly environment: EnvironmentId;
  readonly id: string;
  readonly at: Date;
  readonly bytes: Buffer;
}

export interface RecorderPorts {
  readonly store: Store;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** Writes entries: in the transaction of their act, or group-committed for acts without one. */
export interface Recorder extends AuditPort {
  close(): Promise<void>;
}

const RETRY_SECONDS = 1;

export function createRecorder({ store, limits, clock }: RecorderPorts): Recorder {
  const batcher: Batcher<Encoded, null> = createBatcher({
    name: 'audit',
    flush: (items) => writeAll(store, items),
    itemsMax: limits.auditBatchItemsMax,
    queueItemsMax: limits.auditQueueItemsMax,
    concurrency: 2,
    timeoutMs: limits.statementTimeoutMs,
    clock,
  });

  const encoded = (environment: EnvironmentId, act: Act): Encoded => {
    const nowMs = clock.now();
    const { action, actor, resource, outcome, details } = act;
    const { kind, id: actorId, address, agent, request } = actor;
    const id = newId('entry', clock);
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
        agent: agent?.slice(0, evidenceLimits.entryTextCharactersMax).toWellFormed() ?? null,
        request,
        details,
      }),
    );
    if (bytes.length > limits.auditDetailsBytesMax)
      throw new Fault('AUDIT_UNAVAILABLE', { detail: 'The entry is too large.' });
    return { environment, id, at: new Date(nowMs), bytes };
  };

  return {
    async record(tx: Transaction, environment, act) {
      try {
        const { id, at, bytes } = encoded(environment, act);
        await tx.run(insertPending, [environment, id, at, bytes]);
      } catch (thrown) {
        throw unavailable(thrown);
      }
    },
    async note(environment, act) {
      try {
        await batcher.add(encoded(environment, act));
      } catch (thrown) {
        throw unavailable(thrown);
      }
    },
    close: () => batcher.close(),
  };
}

/** One transaction for each environment in the batch; one that fails does not fail the others. */
async function writeAll(store: Store, items: readonly Encoded[]): Promise<readonly BatchResult<null>[]> {
  const results = items.map((): BatchResult<null> => ({ ok: true, value: null }));
  const writeOne = async (environment: EnvironmentId, positions: readonly number[]): Promise<void> => {
    const own = positions.map((at) => items[at]).filter((item) => item !== undefined);
    const values = [
      environment,
      own.map(({ id }) => id),
      own.map(({ at }) => at),
      own.map(({ bytes }) => bytes),
    ];
    try {
      await write(store, environment, values);
    } catch (thrown) {
      for (const at of positions) results[at] = { ok: false, fault: toFault(thrown) };
    }
  };
  await Promise.all(
    [...byEnvironment(items)].map(([environment, positions]) => writeOne(environment, positions)),
  );
  return results;
}

/**
 * COMMIT goes out behind the only statement without waiting for its answer: one round trip, not two, before each call
 * and after it. Both answers are awaited: a statement that failed, or was never sent, fails the entries.
 */
async function write(store: Store, environment: EnvironmentId, values: readonly unknown[]): Promise<void> {
  const sent: Promise<number>[] = [];
  await store.transaction(environment, async (tx) => {
    sent.push(tx.run(insertPendings, values));
  });
  await Promise.all(sent);
}

function byEnvironment(items: readonly Encoded[]): Map<EnvironmentId, number[]> {
  const groups = new Map<EnvironmentId, number[]>();
  for (const [at, { environment }] of items.entries()) {
    const group = groups.get(environment);
    if (group === undefined) groups.set(environment, [at]);
    else group.push(at);
  }
  return groups;
}

function unavailable(cause: unknown): Fault {
  return new Fault('AUDIT_UNAVAILABLE', { cause, retryAfterSeconds: RETRY_SECONDS });
}
