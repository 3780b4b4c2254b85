import {
  type Clock,
  type Counted,
  createRanges,
  createTally,
  type EndpointId,
  type EnvironmentId,
  type Limits,
  type Log,
  type Repeat,
  repeat,
  type Tally,
  type Transaction,
} from '#base';
import { type Store, sweepOld } from '#store';
import {
  type CallerRow,
  countEndpointCallers,
  deleteOldEndpointCallers,
  selectEndpointCallers,
} from './caller-queries.ts';

/** What became of a webhook: its signature was right, or it was refused for any reason. */
export type Outcome = 'verified' | 'refused';

/** Who called an endpoint. */
export interface EndpointCaller {
  /** `others` stands for those that were too many to be told apart. */
  readonly address: string;
  readonly outcome: Outcome;
  readonly webhooks: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** What an allowlist would have done to the last day's callers. */
export interface AddressTrial {
  /** Webhooks that would have passed. */
  readonly passing: number;
  /** Callers that would not: refusing verified ones loses webhooks. */
  readonly refused: {
    readonly verified: readonly EndpointCaller[];
    readonly unverified: readonly EndpointCaller[];
  };
}

interface Target {
  readonly environment: EnvironmentId;
  readonly endpoint: EndpointId;
}

interface Call extends Target {
  readonly address: string;
}

/** Who calls endpoints, without a write for each webhook. */
export interface Callers {
  /** Counts a webhook; never waits and never fails. */
  count(call: Call, outcome: Outcome): void;
  /** Writes down what was counted on this node. */
  flush(): Promise<void>;
  /** Who has called an endpoint since a moment, by all that nodes have written down. */
  list(query: Target & { readonly sinceMs: number }): Promise<readonly EndpointCaller[]>;
  /** Tries an allowlist on the last day's callers. The ranges have been checked. */
  tryAddresses(trial: Target & { readonly allowedAddresses: readonly string[] }): Promise<AddressTrial>;
  /** How many callers that were verified within the last day pass one allowlist and not the other. */
  countLockedOut(
    tx: Transaction,
    change: Target & { readonly before: readonly string[]; readonly after: readonly string[] },
  ): Promise<number>;
  /** Deletes what is older than `endpointCallersKeptSeconds`; the number deleted. */
  sweep(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;
const OTHERS = 'others';
/** Told apart of one endpoint, outcome and day. */
const CALLERS_PER_DAY_MAX = 1_000;
const LISTED_MAX = 1_000;
/** More than two dates can hold of two outcomes, also when several nodes fill them at once. */
const JUDGED_MAX = 10_000;
const SWEEP_EVERY_MS = 3_600_000;
const SWEEP = { rowsMax: 1_000, roundsMax: 100 } as const;

/**
 * Counts callers in memory and adds them to the database every `endpointCallersFlushMs`. Verified and refused ones are
 * counted apart, each within bounds of their own: anybody can make up refused ones, and must not crowd out the others.
 */
export function createCallers(ports: { store: Store; limits: Limits; clock: Clock; log: Log }): Callers {
  const { store, limits, clock, log } = ports;
  const tallyOf = (outcome: Outcome): Tally<Call> =>
    createTally({
      name: `ingest.callers.${outcome}`,
      nameOf: ({ endpoint, address }) => `${endpoint} ${address}`,
      othersOf: (call) => ({ ...call, address: OTHERS }),
      write: (environment, counts) => store.transaction(environment, (tx) => write(tx, { counts, outcome })),
      itemsMax: limits.endpointCallersItemsMax,
      everyMs: limits.endpointCallersFlushMs,
      clock,
      log,
    });
  const tallies = { verified: tallyOf('verified'), refused: tallyOf('refused') };
  let sweeper: Repeat | null = null;

  const flush = async (): Promise<void> => {
    await Promise.all([tallies.verified.flush(), tallies.refused.flush()]);
  };
  const since = async (query: Target & { sinceMs: number; max: number }): Promise<EndpointCaller[]> => {
    const { environment, endpoint, sinceMs, max } = query;
    await flush();
    const values = [environment, endpoint, new Date(sinceMs), null, max];
    const rows = await store.transaction(environment, (tx) => tx.rows(selectEndpointCallers, values));
    return rows.map(viewOf);
  };
  const sweep = async (): Promise<number> => {
    const before = dayOf(clock.now() - limits.endpointCallersKeptSeconds * 1_000);
    return sweepOld(store, { ...SWEEP, statement: deleteOldEndpointCallers, before });
  };

  return {
    count: (call, outcome) => tallies[outcome].count(call),
    flush,
    list: (query) => since({ ...query, max: LISTED_MAX }),

    async tryAddresses({ allowedAddresses, ...target }) {
      const callers = await since({ ...target, sinceMs: clock.now() - DAY_MS, max: JUDGED_MAX });
      const passes = passing(allowedAddresses);
      const refused = callers.filter(({ address }) => !passes(address));
      return {
        passing: callers
          .filter(({ address }) => passes(address))
          .reduce((sum, { webhooks }) => sum + webhooks, 0),
        refused: {
          verified: refused.filter(({ outcome }) => outcome === 'verified'),
          unverified: refused.filter(({ outcome }) => outcome === 'refused'),
        },
      };
    },

    async countLockedOut(tx, { environment, endpoint, before, after }) {
      const values = [environment, endpoint, new Date(clock.now() - DAY_MS), 'verified', JUDGED_MAX];
      const rows = await tx.rows(selectEndpointCallers, values);
      const [passed, passes] = [passing(before), passing(after)];
      return rows.filter(({ address }) => passed(address) && !passes(address)).length;
    },

    sweep,
    start() {
      tallies.verified.start();
      tallies.refused.start();
      sweeper ??= repeat({ name: 'ingest.sweep', everyMs: SWEEP_EVERY_MS, run: sweep, clock, log });
    },
    async stop() {
      await sweeper?.stop();
      await Promise.all([tallies.verified.stop(), tallies.refused.stop()]);
    },
  };
}

/** Whether an address passes an allowlist; with none, everybody does. Nobody can tell of those counted together. */
function passing(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => true;
  const allowed = createRanges(ranges);
  return (address) => allowed.includes(address);
}

async function write(
  tx: Transaction,
  { counts, outcome }: { readonly counts: readonly Counted<Call>[]; readonly outcome: Outcome },
): Promise<void> {
  const byDay = Map.groupBy(counts, ({ lastAtMs }) => dayOf(lastAtMs));
  for (const [day, some] of [...byDay].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    await tx.run(countEndpointCallers, [
      some[0]?.item.environment,
      day,
      outcome,
      some.map(({ item }) => item.endpoint),
      some.map(({ item }) => item.address),
      some.map(({ times }) => times),
      some.map(({ firstAtMs }) => firstAtMs),
      some.map(({ lastAtMs }) => lastAtMs),
      CALLERS_PER_DAY_MAX,
      OTHERS,
    ]);
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function viewOf({ address, outcome, webhooks, first_at, last_at }: CallerRow): EndpointCaller {
  return { address, outcome, webhooks, firstAtMs: first_at.getTime(), lastAtMs: last_at.getTime() };
}
