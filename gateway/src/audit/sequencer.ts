import { setTimeout as delay } from 'node:timers/promises';
import {
  appendLeaf,
  decodeFrontier,
  emptyTree,
  encodeFrontier,
  type Tree,
  treeRoot,
} from '@sallyport/evidence';
import { type Clock, type EnvironmentId, Fault, type Limits, type Log, type Repeat, repeat } from '#base';
import type { Store } from '#store';
import {
  insertCheckpoint,
  insertTree,
  placePending,
  selectPendingEnvironments,
  selectTreeForUpdate,
  selectUnsignedEnvironments,
  type TreeRow,
  updateTree,
} from './queries.ts';
import type { Signer } from './signer.ts';
import type { Publisher } from './sinks.ts';

export interface SequencerPorts {
  readonly store: Store;
  readonly signerOf: (environment: EnvironmentId) => Promise<Signer>;
  readonly publisher: Publisher;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Gives pending entries their place in the tree and signs what the tree has become. */
export interface Sequencer {
  start(): void;
  /** Integrates what is pending now; the number of entries integrated. Only one node does so at a time. */
  integrate(): Promise<number>;
  /** Integrates and signs what is pending in one log. */
  finish(environment: EnvironmentId): Promise<void>;
  stop(): Promise<void>;
}

const LOCK = 'audit.sequencer';
/** A checkpoint of an environment at most once a second, however many integrations there are. */
const SIGN_EVERY_MS = 1_000;
const BROKEN_RETRY_MS = 30_000;

export function createSequencer(ports: SequencerPorts): Sequencer {
  const { store, limits, clock, log } = ports;
  /** Environments whose log can't be extended, and when to try again: one of them must not hold up the others. */
  const broken = new Map<EnvironmentId, number>();

  const integrateAll = async (force: boolean): Promise<number> => {
    const failures: unknown[] = [];
    const attempt = async (environment: EnvironmentId): Promise<number> => {
      if (!force && (broken.get(environment) ?? 0) > clock.monotonic()) return 0;
      try {
        const count = await integrateOne(ports, environment, force);
        broken.delete(environment);
        return count;
      } catch (error) {
        if (isAway(error)) throw error;
        failures.push(error);
        broken.set(environment, clock.monotonic() + BROKEN_RETRY_MS);
        log.error('The log of an environment could not be extended.', { environment, error });
        return 0;
      }
    };
    let total = 0;
    // Round by round, so that one environment with very many entries does not keep the others waiting.
    for (
      let pending = await store.system((tx) => tx.rows(selectPendingEnvironments, []));
      pending.length > 0;
    ) {
      const more: EnvironmentId[] = [];
      for (const environment of pending) {
        const count = await attempt(environment);
        total += count;
        if (count === limits.auditIntegrateItemsMax) more.push(environment);
      }
      pending = more;
    }
    const heartbeat = new Date(clock.now() - limits.auditHeartbeatMs);
    for (const environment of await store.system((tx) => tx.rows(selectUnsignedEnvironments, [heartbeat]))) {
      total += await attempt(environment);
    }
    if (force && failures.length > 0) throw failures[0];
    return total;
  };

  /** Leads until told to stop: the lock keeps other nodes from doing the same work, the row's lock keeps it right. */
  const lead = (signal: AbortSignal): Promise<unknown> =>
    store.withLock(LOCK, async ({ lost }) => {
      const ended = AbortSignal.any([signal, lost]);
      while (!ended.aborted) {
        await integrateAll(false);
        await pause(limits.auditIntegrateMs, ended);
      }
    });

  let loop: Repeat | null = null;
  return {
    start() {
      loop ??= repeat({ name: 'audit.sequencer', everyMs: limits.auditIntegrateMs, run: lead, clock, log });
    },
    integrate: () => integrateAll(true),
    async finish(environment) {
      while ((await integrateOne(ports, environment, true)) === limits.auditIntegrateItemsMax);
    },
    async stop() {
      await loop?.stop();
      await integrateAll(true);
    },
  };
}

/** The store is away or overloaded, for every environment alike. */
function isAway(error: unknown): boolean {
  return error instanceof Fault && (error.code === 'STORE_UNAVAILABLE' || error.code === 'BUSY');
}

/** Resolves after a time, or at once when the signal fires. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** One transaction: entries taken, placed, the tree grown and, when due, signed. The note is handed to the sinks after the commit. */
async function integrateOne(
  ports: SequencerPorts,
  environment: EnvironmentId,
  force: boolean,
): Promise<number> {
  const { store, limits, clock, publisher } = ports;
  const signer = await ports.signerOf(environment);
  const done = await store.system(async (tx) => {
    await tx.run(insertTree, [environment, Buffer.from(encodeFrontier(emptyTree()))]);
    const row = await tx.row(selectTreeForUpdate, [environment]);
    // The log of an environment that is being deleted is not begun anew; what was written late is deleted as well.
    if (row === null) return { count: 0, note: null };
    const placed = await tx.rows(placePending, [environment, row.size, limits.auditIntegrateItemsMax]);
    const tree = placed.reduce((grown, { leaf }) => appendLeaf(grown, leaf), decodeFrontier(row.frontier));
    const nowMs = clock.now();
    const note = isSignDue({ row, tree, nowMs, force, heartbeatMs: limits.auditHeartbeatMs })
      ? signer.sign({ size: tree.size, root: treeRoot(tree) })
      : null;
    if (note !== null) await tx.run(insertCheckpoint, [environment, tree.size, note]);
    const signed = note === null ? [row.signed_size, row.signed_at] : [tree.size, new Date(nowMs)];
    await tx.run(updateTree, [environment, tree.size, Buffer.from(encodeFrontier(tree)), ...signed]);
    return { count: placed.length, note };
  });
  if (done.note !== null) publisher.publish(environment, done.note);
  return done.count;
}

interface SignQuestion {
  readonly row: TreeRow;
  readonly tree: Tree;
  readonly nowMs: number;
  readonly force: boolean;
  readonly heartbeatMs: number;
}

/** New entries are signed within a second; without any, a heartbeat shows that the log still lives. */
function isSignDue({ row, tree, nowMs, force, heartbeatMs }: SignQuestion): boolean {
  const ageMs = nowMs - (row.signed_at?.getTime() ?? 0);
  // A node whose clock is ahead may have signed last: its time must not silence the log until ours has caught up.
  if (tree.size > row.signed_size) return force || ageMs >= SIGN_EVERY_MS || ageMs < 0;
  return tree.size > 0 && ageMs >= heartbeatMs;
}
