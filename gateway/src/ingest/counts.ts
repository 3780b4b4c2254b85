import {
  type Clock,
  type Counted,
  createTally,
  type EndpointId,
  type EnvironmentId,
  type Limits,
  type Log,
  type Repeat,
  repeat,
  type Transaction,
} from '#base';
import { type Store, sweepOld } from '#store';
import { addEndpointCount, deleteOldEndpointCounts, selectEndpointCounts } from './count-queries.ts';

/** What became of a webhook. */
export const OUTCOMES = [
  'accepted',
  'duplicate',
  'filtered',
  'quarantined',
  'unconfirmed',
  'refused',
] as const;
export type WebhookOutcome = (typeof OUTCOMES)[number];

/** What became of an endpoint's webhooks on one day, in UTC. */
export interface EndpointCount {
  /** `2026-01-31` */
  readonly day: string;
  readonly outcome: WebhookOutcome;
  /** Why it was refused or is held; `null` where the outcome says it all. */
  readonly reason: string | null;
  readonly webhooks: number;
  readonly lastAtMs: number;
}

interface Target {
  readonly environment: EnvironmentId;
  readonly endpoint: EndpointId;
}

interface Became extends Target {
  readonly outcome: WebhookOutcome;
  /** Of a closed list, so that nobody can make rows. */
  readonly reason: string | null;
}

/** What became of webhooks, by endpoint and day, without a write for each. */
export interface Counts {
  /** Counts a webhook; never waits and never fails. */
  count(became: Became): void;
  flush(): Promise<void>;
  /** The days since a moment, newest first, by all that nodes have written down. */
  list(query: Target & { readonly sinceMs: number }): Promise<readonly EndpointCount[]>;
  /** Deletes what is older than `endpointCountsKeptSeconds`; the number deleted. */
  sweep(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

const LISTED_MAX = 10_000;
const SWEEP_EVERY_MS = 3_600_000;
const SWEEP = { rowsMax: 1_000, roundsMax: 100 } as const;

/** Counts in memory and adds to the database every `endpointCallersFlushMs`. A node that is killed loses the counts of that time. */
export function createCounts(ports: { store: Store; limits: Limits; clock: Clock; log: Log }): Counts {
  const { store, limits, clock, log } = ports;
  const tally = createTally<Became>({
    name: 'ingest.counts',
    nameOf: ({ endpoint, outcome, reason }) => `${endpoint} ${outcome} ${reason ?? ''}`,
    othersOf: (became) => ({ ...became, reason: 'others' }),
    write: (environment, counts) => store.transaction(environment, (tx) => write(tx, counts)),
    itemsMax: limits.endpointCallersItemsMax,
    everyMs: limits.endpointCallersFlushMs,
    clock,
    log,
  });
  let sweeper: Repeat | null = null;

  const sweep = async (): Promise<number> => {
    const before = dayOf(clock.now() - limits.endpointCountsKeptSeconds * 1_000);
    return sweepOld(store, { ...SWEEP, statement: deleteOldEndpointCounts, before });
  };

  return {
    count: tally.count,
    flush: tally.flush,
    async list({ environment, endpoint, sinceMs }) {
      await tally.flush();
      const values = [environment, endpoint, dayOf(sinceMs), LISTED_MAX];
      const rows = await store.transaction(environment, (tx) => tx.rows(selectEndpointCounts, values));
      return rows.map(({ day, outcome, reason, webhooks, last_at }) => ({
        day,
        outcome,
        reason: reason === '' ? null : reason,
        webhooks,
        lastAtMs: last_at.getTime(),
      }));
    },
    sweep,
    start() {
      tally.start();
      sweeper ??= repeat({ name: 'ingest.counts.sweep', everyMs: SWEEP_EVERY_MS, run: sweep, clock, log });
    },
    async stop() {
      await sweeper?.stop();
      await tally.stop();
    },
  };
}

async function write(tx: Transaction, counts: readonly Counted<Became>[]): Promise<void> {
  const rows = counts.map(({ item, times, lastAtMs }) => ({ ...item, times, lastAtMs }));
  await tx.run(addEndpointCount, [
    rows[0]?.environment,
    rows.map(({ endpoint }) => endpoint),
    rows.map(({ lastAtMs }) => dayOf(lastAtMs)),
    rows.map(({ outcome }) => outcome),
    rows.map(({ reason }) => reason ?? ''),
    rows.map(({ times }) => times),
    rows.map(({ lastAtMs }) => lastAtMs),
  ]);
}

function dayOf(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString().slice(0, 10);
}
