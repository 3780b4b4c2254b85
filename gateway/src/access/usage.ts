import {
  type Actor,
  type Clock,
  type EnvironmentId,
  type KeyId,
  type Limits,
  type Log,
  type Repeat,
  repeat,
} from '#base';
import type { Store } from '#store';
import { countCaller, countKey, deleteOldCallers, selectCallers } from './usage-queries.ts';

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

interface Count {
  readonly use: Use;
  uses: number;
  readonly firstUsedAtMs: number;
  lastUsedAtMs: number;
}

const AGENT_CHARACTERS_MAX = 100;
/** What stands for the callers that are too many to be told apart between two writes. */
const MANY = 'others';
const CALLERS_MAX = 1_000;
const SWEEP_ITEMS = 1_000;
const SWEEP_ROUNDS_MAX = 100;

/**
 * Counts uses in memory and adds them to the database every `keyUsageFlushMs`. A node that is killed loses the counts
 * of that time; uses themselves are in the log. Callers are counted by address and agent, a bounded number between two
 * writes, those beyond it together.
 */
export function createUsage(ports: { store: Store; limits: Limits; clock: Clock; log: Log }): Usage {
  const { store, limits, clock, log } = ports;
  let counts = new Map<string, Count>();
  let flushing: Promise<void> = Promise.resolve();
  let flusher: Repeat | null = null;

  const write = async (taken: Map<string, Count>): Promise<void> => {
    const byEnvironment = Map.groupBy(taken.values(), ({ use }) => use.environment);
    for (const [environment, some] of byEnvironment) {
      // In one order on every node, so that none waits for another in a circle.
      const rows = some.toSorted((one, other) => (nameOf(one.use) < nameOf(other.use) ? -1 : 1));
      await store.transaction(environment, async (tx) => {
        for (const { use, uses, firstUsedAtMs, lastUsedAtMs } of rows) {
          const { key, credential, actor } = use;
          const first = new Date(firstUsedAtMs);
          const last = new Date(lastUsedAtMs);
          const day = last.toISOString().slice(0, 10);
          const [address, agent] = [actor.address ?? '', actor.agent ?? ''];
          await tx.run(countCaller, [environment, key, credential, day, address, agent, uses, first, last]);
          await tx.run(countKey, [environment, key, uses, last, address, agent]);
        }
      });
      for (const [name, { use }] of taken) if (use.environment === environment) taken.delete(name);
    }
  };

  const flush = (): Promise<void> => {
    const work = flushing.then(async () => {
      const taken = counts;
      counts = new Map();
      try {
        await write(taken);
      } catch (thrown) {
        // What could not be written is counted again with what has come since.
        for (const [name, count] of taken) add(name, count);
        throw thrown;
      }
    });
    flushing = work.catch(() => undefined);
    return work;
  };

  const add = (name: string, count: Count): void => {
    const known = counts.get(name);
    if (known === undefined) return void counts.set(name, count);
    known.uses += count.uses;
    known.lastUsedAtMs = Math.max(known.lastUsedAtMs, count.lastUsedAtMs);
  };

  return {
    count(use) {
      const now = clock.now();
      const known = counts.get(nameOf(use));
      if (known !== undefined) {
        known.uses += 1;
        known.lastUsedAtMs = now;
        return;
      }
      const counted = counts.size < limits.keyUsageItemsMax ? plain(use) : withoutCaller(use);
      add(nameOf(counted), { use: counted, uses: 1, firstUsedAtMs: now, lastUsedAtMs: now });
    },
    flush,
    async callers({ environment, key, sinceMs, credential }) {
      await flush();
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
      let deleted = 0;
      for (let round = 0; round < SWEEP_ROUNDS_MAX; round++) {
        const some = await store.system((tx) => tx.run(deleteOldCallers, [before, SWEEP_ITEMS]));
        deleted += some;
        if (some < SWEEP_ITEMS) break;
      }
      return deleted;
    },
    start() {
      flusher ??= repeat({ name: 'access.usage', everyMs: limits.keyUsageFlushMs, run: flush, clock, log });
    },
    async stop() {
      await flusher?.stop();
      await flush();
    },
  };
}

function plain(use: Use): Use {
  const agent = (use.actor.agent ?? '').slice(0, AGENT_CHARACTERS_MAX);
  return { ...use, actor: { ...use.actor, agent } };
}

function withoutCaller(use: Use): Use {
  return { ...use, actor: { ...use.actor, address: MANY, agent: MANY } };
}

function nameOf({ environment, key, credential, actor }: Use): string {
  return `${environment} ${key} ${credential} ${actor.address ?? ''} ${(actor.agent ?? '').slice(0, AGENT_CHARACTERS_MAX)}`;
}
