import {
  type AuditPort,
  type Clock,
  type EnvironmentId,
  type Erasure,
  Fault,
  INSTALLATION,
  type Log,
  type Repeat,
  repeat,
  SYSTEM,
} from '#base';
import type { Store } from '#store';
import { addErased, beginErasure, endEnvironment, environmentsOver } from './queries.ts';
import { subjectOf } from './remembered.ts';

export interface EraserPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  /** Integrates and signs what there is of an environment's log; its end, or `null` when it has none. */
  readonly finishLog: (environment: EnvironmentId) => Promise<{ size: number; root: string } | null>;
  /** What each room has to delete. Keys come first: from then on the rest is unreadable, wherever a copy of it is. */
  readonly erasures: { readonly keys: Erasure; readonly rows: readonly Erasure[] };
  readonly clock: Clock;
  readonly log: Log;
}

/** Deletes environments whose delay is over, with everything in them. */
export interface Eraser {
  start(): void;
  /** Deletes what is to be deleted now. Killed at any point, the next run goes on where this one ended. */
  run(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const LOCK = 'environments.eraser';
const EVERY_MS = 60_000;
/** In one transaction: what it holds up, and what is done again after a crash, stays small. */
const ROWS_MAX = 1_000;
const ENVIRONMENTS_MAX = 100;

/**
 * One node at a time. The order: the log is signed for the last time, its end and the intent stand in the log of the
 * installation, data keys are destroyed, rows deleted in batches that are counted in their own transaction, and at last
 * the tombstone is written with the entry that says how many of which. Rows that a node wrote late, having been held up,
 * are deleted for another day.
 */
export function createEraser(ports: EraserPorts): Eraser {
  const { store, clock, log } = ports;
  let loop: Repeat | null = null;

  const run = async (signal?: AbortSignal): Promise<void> => {
    await store.withLock(LOCK, async ({ lost }) => {
      const ended = signal === undefined ? lost : AbortSignal.any([signal, lost]);
      const over = await store.system((tx) => tx.rows(environmentsOver, [ENVIRONMENTS_MAX]));
      const failures: unknown[] = [];
      for (const { environment_id: environment, state, has_begun: hasBegun } of over) {
        try {
          // Once it has begun there is no key any more to sign its log with.
          if (state === 'deleting' && !hasBegun) await begin(ports, environment);
          await (state === 'deleting' ? end : sweep)(ports, environment, ended);
        } catch (error) {
          // One that can't be deleted must not hold up the others.
          log.error('An environment could not be deleted; it will be tried again.', { environment, error });
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    });
  };

  return {
    start() {
      loop ??= repeat({ name: LOCK, everyMs: EVERY_MS, run, clock, log });
    },
    run,
    async stop() {
      await loop?.stop();
    },
  };
}

async function end(ports: EraserPorts, environment: EnvironmentId, ended: AbortSignal): Promise<void> {
  const { store, audit, erasures, log } = ports;
  await empty(ports, environment, { erasures: [erasures.keys], ended });
  // Nodes forget the keys they hold: they were told when it began, and might have read them again until now.
  await store.transaction(INSTALLATION, (tx) =>
    store.changes.announce(tx, INSTALLATION, subjectOf(environment)),
  );
  // Until there was nothing left to delete in one whole round.
  while ((await empty(ports, environment, { erasures: [erasures.keys, ...erasures.rows], ended })) > 0);
  await store.transaction(INSTALLATION, async (tx) => {
    const ended = await tx.row(endEnvironment, [environment]);
    if (ended === null) throw new Fault('CONFLICT', { detail: 'The environment was ended elsewhere.' });
    const { organization, name, kind, region, log: last, erased } = ended;
    await audit.record(tx, INSTALLATION, {
      action: 'environment.deleted',
      actor: SYSTEM,
      resource: `environment:${environment}`,
      outcome: 'success',
      details: { organization, name, kind, region, log: last, rows: erased },
    });
    await store.changes.announce(tx, INSTALLATION, subjectOf(environment));
  });
  log.info('An environment was deleted with everything in it.', { environment });
}

/** From here on nothing of it comes back. */
async function begin({ store, audit, finishLog }: EraserPorts, environment: EnvironmentId): Promise<void> {
  const last = await finishLog(environment);
  await store.transaction(INSTALLATION, async (tx) => {
    const values = [environment, last?.size ?? null, last?.root ?? null];
    // Kept at the last moment.
    if ((await tx.run(beginErasure, values)) === 0) throw new Fault('CONFLICT', { detail: 'It was kept.' });
    await audit.record(tx, INSTALLATION, {
      action: 'environment.deletion_begun',
      actor: SYSTEM,
      resource: `environment:${environment}`,
      outcome: 'intent',
      details: { log: last },
    });
    await store.changes.announce(tx, INSTALLATION, subjectOf(environment));
  });
}

/** Deletes batch by batch until there is nothing left; the number of rows. */
async function empty(
  { store }: EraserPorts,
  environment: EnvironmentId,
  { erasures, ended }: { readonly erasures: readonly Erasure[]; readonly ended: AbortSignal },
): Promise<number> {
  let total = 0;
  for (const erasure of erasures) {
    for (let rows = 1; rows > 0; total += rows) {
      // Left where it is, the next run goes on with it.
      if (ended.aborted) throw new Fault('STORE_UNAVAILABLE', { cause: ended.reason, retryAfterSeconds: 1 });
      rows = await store.erase(environment, async (tx) => {
        const erased = Object.entries(await erasure.erase(tx, environment, ROWS_MAX));
        if (erased.length === 0) return 0;
        await tx.run(addErased, [
          environment,
          erased.map(([table]) => table),
          erased.map(([, count]) => count),
        ]);
        return erased.reduce((sum, [, count]) => sum + count, 0);
      });
    }
  }
  return total;
}

/** What was written after the end, by a node that had been held up. */
async function sweep(ports: EraserPorts, environment: EnvironmentId, ended: AbortSignal): Promise<void> {
  const { audit, erasures, log } = ports;
  const rows = await empty(ports, environment, { erasures: [erasures.keys, ...erasures.rows], ended });
  if (rows === 0) return;
  log.warn('Rows that were written after the end of an environment were deleted.', { environment });
  await audit.note(INSTALLATION, {
    action: 'environment.rest_deleted',
    actor: SYSTEM,
    resource: `environment:${environment}`,
    outcome: 'success',
    details: { rows },
  });
}
