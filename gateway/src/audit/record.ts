import {
  type AuditPort,
  type Clock,
  type EnvironmentId,
  Fault,
  type Limits,
  type Transaction,
  toFault,
} from '#base';
import { type Batcher, type BatchResult, createBatcher, type Store } from '#store';
import { encoded } from './encoded.ts';
import { insertPending, insertPendings } from './queries.ts';
import { type Noted, type SharedEntry, together } from './together.ts';

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
  const batcher: Batcher<Noted, null> = createBatcher({
    name: 'audit',
    flush: (items) => writeAll(store, items, { nowMs: clock.now(), limits }),
    itemsMax: limits.auditBatchItemsMax,
    queueItemsMax: limits.auditQueueItemsMax,
    concurrency: 2,
    timeoutMs: limits.statementTimeoutMs,
    clock,
  });

  return {
    async record(tx: Transaction, environment, act) {
      try {
        const { id, at, action, resource, bytes } = encoded({ environment, act, nowMs: clock.now(), limits });
        await tx.run(insertPending, [environment, id, at, action, resource, bytes]);
      } catch (thrown) {
        throw unavailable(thrown);
      }
    },
    async note(environment, act) {
      try {
        const own =
          act.listedAs === undefined ? encoded({ environment, act, nowMs: clock.now(), limits }) : null;
        await batcher.add({ environment, act, encoded: own });
      } catch (thrown) {
        throw unavailable(thrown);
      }
    },
    close: () => batcher.close(),
  };
}

/** One transaction for each environment in the batch; one that fails does not fail the others. */
async function writeAll(
  store: Store,
  items: readonly Noted[],
  { nowMs, limits }: { nowMs: number; limits: Limits },
): Promise<readonly BatchResult<null>[]> {
  const { entries, failed } = together(items, { nowMs, limits });
  const results = items.map((_, at): BatchResult<null> => failed.get(at) ?? { ok: true, value: null });
  const writeOne = async (environment: EnvironmentId, shared: readonly SharedEntry[]): Promise<void> => {
    try {
      await write(store, environment, shared);
    } catch (thrown) {
      const fault = toFault(thrown);
      for (const { positions } of shared) for (const at of positions) results[at] = { ok: false, fault };
    }
  };
  const byEnvironment = Map.groupBy(entries, ({ entry }) => entry.environment);
  await Promise.all([...byEnvironment].map(([environment, shared]) => writeOne(environment, shared)));
  return results;
}

function write(
  store: Pick<Store, 'write'>,
  environment: EnvironmentId,
  shared: readonly SharedEntry[],
): Promise<number> {
  return store.write(environment, insertPendings, [
    environment,
    shared.map(({ entry }) => entry.id),
    shared.map(({ entry }) => entry.at),
    shared.map(({ entry }) => entry.action),
    shared.map(({ entry }) => entry.resource),
    shared.map(({ entry }) => entry.bytes),
  ]);
}

function unavailable(cause: unknown): Fault {
  return new Fault('AUDIT_UNAVAILABLE', { cause, retryAfterSeconds: RETRY_SECONDS });
}
