import {
  type Clock,
  type DestinationId,
  type EnvironmentId,
  Fault,
  type Limits,
  type Log,
  type Repeat,
  repeat,
} from '#base';
import type { Store } from '#store';
import { COUNTED_DUE_MAX, selectDueForPulls } from './pull-queries.ts';

export interface Place {
  readonly environment: EnvironmentId;
  readonly destination: DestinationId;
}

/** A pull that waits. */
export interface Waiter {
  /** Resolves when there may be something, when the time is over, when its signal says so, or when waiting has ended for all. */
  next(waitMs: number, gone: AbortSignal): Promise<void>;
  close(): void;
}

/** The pulls that wait for events on this node. None of them holds a connection to the database. */
export interface Waiters {
  /** `BUSY` when too many wait. */
  open(place: Place): Waiter;
  /** Events of an environment are being stored here. */
  touched(environment: EnvironmentId): void;
  /** And are there. */
  wake(): void;
  start(): void;
  /** Nobody waits from now on. */
  end(): void;
  readonly isOver: boolean;
  stop(): Promise<void>;
}

interface Entry extends Place {
  /** `null` while it looks for itself. */
  wake: (() => void) | null;
  /** Something may have come while it looked. */
  hasMissed: boolean;
}

/**
 * One look for all: at the destinations of environments whose events were just stored here, and every `deliveryPollMs` at all
 * that are waited at, which finds what other nodes have stored and what came back from a lease. As many pulls are woken as
 * there are deliveries, the longest waiting first.
 */
export function createWaiters(ports: {
  readonly store: Store;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}): Waiters {
  const { store, limits, clock, log } = ports;
  const waiting = new Set<Entry>(); // in the order in which they began to wait
  const touched = new Set<EnvironmentId>();
  let lookedAtAllMs = Number.NEGATIVE_INFINITY;
  let isOver = false;
  let loop: Repeat | null = null;

  const look = async (): Promise<void> => {
    const nowMs = clock.monotonic();
    const isAll = nowMs - lookedAtAllMs >= limits.deliveryPollMs;
    const meant = [...waiting].filter(({ environment }) => isAll || touched.has(environment));
    const asked = meant.filter(({ wake }) => wake !== null);
    for (const entry of meant) if (entry.wake === null) entry.hasMissed = true;
    // Kept until then: what was touched may still have to be committed.
    if (isAll) touched.clear();
    if (isAll) lookedAtAllMs = nowMs;
    if (asked.length === 0) return;
    const places = [...Map.groupBy(asked, ({ destination }) => destination).values()];
    const values = [
      new Date(clock.now()),
      places.map(([first]) => first?.environment),
      places.map(([first]) => first?.destination),
    ];
    const found = await store.system((tx) => tx.rows(selectDueForPulls, values));
    const due = new Map(found.map((row) => [row.id, row.due]));
    // Some may still be waiting for what was not counted.
    if (found.some((row) => row.due >= COUNTED_DUE_MAX)) loop?.wake();
    for (const entry of asked) {
      const left = due.get(entry.destination) ?? 0;
      if (left === 0) continue;
      due.set(entry.destination, left - 1);
      entry.wake?.();
    }
  };

  const end = (): void => {
    isOver = true;
    for (const { wake } of waiting) wake?.();
  };

  return {
    open(place) {
      if (waiting.size >= limits.pullWaitersMax) throw new Fault('BUSY', { retryAfterSeconds: 1 });
      const entry: Entry = { ...place, wake: null, hasMissed: false };
      waiting.add(entry);
      return {
        next: (waitMs, gone) =>
          new Promise((resolve) => {
            if (isOver || gone.aborted || entry.hasMissed) {
              entry.hasMissed = false;
              return resolve();
            }
            const wake = (): void => {
              clearTimeout(timer);
              gone.removeEventListener('abort', wake);
              entry.wake = null;
              resolve();
            };
            const timer = setTimeout(wake, waitMs);
            gone.addEventListener('abort', wake);
            entry.wake = wake;
          }),
        close: () => void waiting.delete(entry),
      };
    },
    touched(environment) {
      for (const entry of waiting)
        if (entry.environment === environment) {
          touched.add(environment);
          return;
        }
    },
    wake() {
      if (touched.size > 0) loop?.wake();
    },
    start() {
      loop ??= repeat({ name: 'delivery.pulls', everyMs: limits.deliveryPollMs, run: look, clock, log });
    },
    end,
    get isOver() {
      return isOver;
    },
    async stop() {
      end();
      await loop?.stop();
      loop = null;
    },
  };
}
