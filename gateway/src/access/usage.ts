import {
  type Actor,
  type Clock,
  type Counted,
  createTally,
  type EnvironmentId,
  type KeyId,
  type Limits,
  type Log,
  type Transaction,
} from '#base';
import { type Store, sweepOld } from '#store';
import {
  countCaller,
  countKey,
  deleteOldCallers,
  selectAdministrators,
  selectCallers,
} from './usage-queries.ts';

/** One use of a key. */
export interface Use {
  readonly environment: EnvironmentId;
  readonly key: KeyId;
  /** The secret or signer that was used. */
  readonly credential: string;
  readonly actor: Actor;
}

/** A caller of a key: where it calls from and what it calls itself. */
export interface CallerView {
  readonly credential: string;
  readonly address: string;
  readonly agent: string;
  readonly uses: number;
  readonly firstUsedAtMs: number;
  readonly lastUsedAtMs: number;
}

/** Who uses keys, without a write for each request. */
export interface Usage {
  /** Counts a use; never waits and never fails. */
  count(use: Use): void;
  /** Writes down what was counted on this node. */
  flush(): Promise<void>;
  /** Who has used a key since a moment, by all that nodes have written down. */
  callers(query: {
    environment: EnvironmentId;
    key: KeyId;
    sinceMs: number;
    credential?: string | undefined;
  }): Promise<readonly CallerView[]>;
  /** Deletes what is older than `keyCallersKeptSeconds`; the number deleted. */
  sweep(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

const AGENT_CHARACTERS_MAX = 100;
/** What stands for the callers that are too many to be told apart between two writes. */
const MANY = 'others';
const CALLERS_MAX = 1_000;
const SWEEP = { rowsMax: 1_000, roundsMax: 100 } as const;

/**
 * Counts uses in memory and adds them to the database every `keyUsageFlushMs`. A node that is killed loses the counts
 * of that time; uses themselves are in the log. Callers are counted by address and agent, a bounded number between two
 * writes, those beyond it together.
 */
export function createUsage(ports: { store: Store; limits: Limits; clock: Clock; log: Log }): Usage {
  const { store, limits, clock, log } = ports;
  const tally = createTally<Use>({
    name: 'access.usage',
    nameOf,
    othersOf: withoutCaller,
    write: (environment, counts) => store.transaction(environment, (tx) => write(tx, counts)),
    itemsMax: limits.keyUsageItemsMax,
    everyMs: limits.keyUsageFlushMs,
    clock,
    log,
  });

  return {
    count: tally.count,
    flush: tally.flush,
    async callers({ environment, key, sinceMs, credential }) {
      await tally.flush();
      const values = [environment, key, new Date(sinceMs), credential ?? null, CALLERS_MAX];
      const rows = await store.transaction(environment, (tx) => tx.rows(selectCallers, values));
      return rows.map((row) => ({
        credential: row.credential_id,
        address: row.address,
        agent: row.agent,
        uses: row.uses,
        firstUsedAtMs: row.first_used_at.getTime(),
        lastUsedAtMs: row.last_used_at.getTime(),
      }));
    },
    async sweep() {
      const before = new Date(clock.now() - limits.keyCallersKeptSeconds * 1_000).toISOString().slice(0, 10);
      return sweepOld(store, { ...SWEEP, statement: deleteOldCallers, before });
    },
    start: tally.start,
    stop: tally.stop,
  };
}

/** From where keys that administer were used since a moment, in all environments, by all that nodes have written down. */
export async function administratorsSince(
  store: Pick<Store, 'system'>,
  sinceMs: number,
): Promise<readonly { readonly address: string; readonly uses: number }[]> {
  return store.system((tx) => tx.rows(selectAdministrators, [new Date(sinceMs), CALLERS_MAX]));
}

async function write(tx: Transaction, counts: readonly Counted<Use>[]): Promise<void> {
  for (const { item, times, firstAtMs, lastAtMs } of counts) {
    const { environment, key, credential, actor } = item;
    const [first, last] = [new Date(firstAtMs), new Date(lastAtMs)];
    const day = last.toISOString().slice(0, 10);
    const [address, agent] = [actor.address ?? '', agentOf(item)];
    await tx.run(countCaller, [environment, key, credential, day, address, agent, times, first, last]);
    await tx.run(countKey, [environment, key, times, last, address, agent]);
  }
}

function withoutCaller(use: Use): Use {
  return { ...use, actor: { ...use.actor, address: MANY, agent: MANY } };
}

function agentOf({ actor }: Use): string {
  return (actor.agent ?? '').slice(0, AGENT_CHARACTERS_MAX);
}

function nameOf(use: Use): string {
  const { environment, key, credential, actor } = use;
  return `${environment} ${key} ${credential} ${actor.address ?? ''} ${agentOf(use)}`;
}
