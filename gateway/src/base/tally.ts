import type { Clock } from './clock.ts';
import type { EnvironmentId } from './ids.ts';
import type { Log } from './log.ts';
import { type Repeat, repeat } from './repeat.ts';

/** How often something happened between two writes, and when first and last. */
export interface Counted<Item> {
  readonly item: Item;
  readonly times: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export interface TallyOptions<Item> {
  /** Of the loop that writes, for the log. */
  readonly name: string;
  /** Items of the same name are counted together. */
  readonly nameOf: (item: Item) => string;
  /** What stands for an item when too many are told apart. */
  readonly othersOf: (item: Item) => Item;
  /** Adds to what is written, in one transaction; given in the order of names, the same on every node. */
  readonly write: (environment: EnvironmentId, counts: readonly Counted<Item>[]) => Promise<unknown>;
  /** Items told apart between two writes. */
  readonly itemsMax: number;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Counts of what happens often, without a write for each. */
export interface Tally<Item> {
  /** Counts one; never waits and never fails. */
  count(item: Item): void;
  /** Writes down what was counted on this node. */
  flush(): Promise<void>;
  start(): void;
  /** Writes down the rest. Never rejects: what can't be written is lost, and said to be. */
  stop(): Promise<void>;
}

interface Count<Item> {
  readonly item: Item;
  times: number;
  firstAtMs: number;
  lastAtMs: number;
}

/**
 * Counts in memory and writes every `everyMs`: counting costs a look-up. What could not be written is counted again
 * with what has come since, within the same bound. A node that is killed loses the counts of that time.
 *
 * @example const uses = createTally({ name: 'access.usage', nameOf, othersOf, write, itemsMax: 10_000, everyMs: 5_000, clock, log });
 */
export function createTally<Item extends { readonly environment: EnvironmentId }>(
  options: TallyOptions<Item>,
): Tally<Item> {
  const { name, nameOf, othersOf, write, itemsMax, everyMs, clock, log } = options;
  let counts = new Map<string, Count<Item>>();
  let flushing: Promise<void> = Promise.resolve();
  let flusher: Repeat | null = null;

  const add = ({ item, times, firstAtMs, lastAtMs }: Counted<Item>): void => {
    let kept = item;
    let known = counts.get(nameOf(kept));
    if (known === undefined && counts.size >= itemsMax) {
      kept = othersOf(item);
      known = counts.get(nameOf(kept));
    }
    if (known === undefined) return void counts.set(nameOf(kept), { item: kept, times, firstAtMs, lastAtMs });
    known.times += times;
    known.firstAtMs = Math.min(known.firstAtMs, firstAtMs);
    known.lastAtMs = Math.max(known.lastAtMs, lastAtMs);
  };

  const writeAll = async (taken: Map<string, Count<Item>>): Promise<void> => {
    const byEnvironment = Map.groupBy(taken, ([, { item }]) => item.environment);
    for (const [environment, some] of byEnvironment) {
      // In one order on every node, so that none waits for another in a circle.
      const ordered = some.toSorted(([one], [other]) => (one < other ? -1 : 1));
      await write(
        environment,
        ordered.map(([, count]) => count),
      );
      for (const [written] of some) taken.delete(written);
    }
  };

  const flush = (): Promise<void> => {
    const work = flushing.then(async () => {
      const taken = counts;
      counts = new Map();
      try {
        await writeAll(taken);
      } catch (thrown) {
        for (const count of taken.values()) add(count);
        throw thrown;
      }
    });
    flushing = work.catch(() => undefined);
    return work;
  };

  return {
    count(item) {
      const now = clock.now();
      const known = counts.get(nameOf(item));
      if (known === undefined) return add({ item, times: 1, firstAtMs: now, lastAtMs: now });
      known.times += 1;
      known.lastAtMs = now;
    },
    flush,
    start() {
      flusher ??= repeat({ name, everyMs, run: flush, clock, log });
    },
    async stop() {
      await flusher?.stop();
      await flush().catch((error: unknown) => log.warn('Counts were lost at the end.', { name, error }));
    },
  };
}
