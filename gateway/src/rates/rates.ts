import { type Clock, Fault, type Limits, type Log, type Secret } from '#base';
import { createArrears } from './arrears.ts';
import { createConcurrent } from './concurrent.ts';
import { createLocalCount, type LocalCount } from './local-count.ts';
import type { Demand } from './rate.ts';
import { connectSharedStore, type SharedStore } from './shared-store.ts';
import { checkDemands, type Granted, judge, type Refused, statesOf, type Taken } from './taken.ts';

export interface RatesOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  /** Where several nodes count together; `null` counts on this node alone. */
  readonly redisUrl: Secret | null;
  /** Further authorities for its certificate, in PEM. */
  readonly redisCa?: string | null;
}

/** Rate limits. Answers come at once when this node counts alone, else as promises, which never reject. */
export interface Rates {
  /** A place of every demand or of none, in one step that nothing can come between. */
  take(demands: readonly Demand[]): Taken | Promise<Taken>;
  /** Undoes a take that turned out not to count, once. Leaves nobody with more than all. */
  giveBack(granted: Granted): void | Promise<void>;
  /** What a take would say, without taking. */
  look(demands: readonly Demand[]): Taken | Promise<Taken>;
  /** Enters for one of `max` places at once on this node: the function that leaves, or `null` when all are taken. */
  enter(subject: string, max: number): (() => void) | null;
  close(): Promise<void>;
}

/**
 * Counts rates: on this node, or with others in Redis or Valkey. When that is away, slow or broken, this node counts alone,
 * from what it last knew of each subject: neither refusing everyone nor letting anyone through uncounted.
 *
 * @example
 * const rates = await createRates({ clock, limits, log, redisUrl: null });
 * const taken = await rates.take([{ rate: perKey, subject: key }, { rate: perAddress, subject: address }]);
 * if (!taken.ok) throw rateLimited(taken);
 */
export async function createRates(options: RatesOptions): Promise<Rates> {
  const { clock, limits, log, redisUrl, redisCa: ca = null } = options;
  const local = createLocalCount({ clock, log, subjectsMax: limits.rateSubjectsMax });
  const { enter } = createConcurrent();
  const undone = new WeakSet<Granted>();
  const isFirst = (granted: Granted): boolean => !undone.has(granted) && undone.add(granted).has(granted);

  if (redisUrl === null) {
    return {
      take: local.take,
      look: local.look,
      giveBack: (granted) => (isFirst(granted) ? local.giveBack(granted.demands) : undefined),
      enter,
      close: () => Promise.resolve(),
    };
  }
  // What was counted alone is told to the store when it is back: an outage hands out no second allowance.
  const arrears = createArrears(limits.rateSubjectsMax);
  const counting: LocalCount = {
    ...local,
    take(demands) {
      const taken = local.take(demands);
      if (taken.ok) arrears.note(demands);
      return taken;
    },
  };
  const store = await connectSharedStore({
    url: redisUrl,
    ca,
    limits,
    clock,
    log,
    arrears: (count) => {
      const demands = arrears.next(count);
      return demands.length === 0 ? null : local.owed(demands);
    },
  });
  return {
    take: (demands) => (store.isReady ? ask(store, counting, 'take', demands) : counting.take(demands)),
    look: (demands) => (store.isReady ? ask(store, local, 'look', demands) : local.look(demands)),
    giveBack(granted) {
      if (!isFirst(granted)) return undefined;
      const { demands, counted } = granted;
      // What the store counted stands in our own count as well, from when it was adopted.
      if (counted === 'node' || !store.isReady) return local.giveBack(demands);
      return store.ask('back', demands).then(
        ({ debtsUs }) => local.adopt(demands, debtsUs),
        () => local.giveBack(demands),
      );
    },
    enter,
    close: () => store.close(),
  };
}

async function ask(
  store: SharedStore,
  local: LocalCount,
  operation: 'take' | 'look',
  demands: readonly Demand[],
): Promise<Taken> {
  checkDemands(demands);
  try {
    const { granted, debtsUs } = await store.ask(operation, demands);
    local.adopt(demands, debtsUs);
    if (granted) return { ok: true, states: statesOf(demands, debtsUs), demands, counted: 'shared' };
    return judge(demands, debtsUs) ?? local[operation](demands);
  } catch {
    return local[operation](demands); // the store says why it is away
  }
}

/**
 * The fault of a refusal.
 *
 * @example if (!taken.ok) throw rateLimited(taken);
 */
export function rateLimited({ by, retryAfterSeconds }: Pick<Refused, 'by' | 'retryAfterSeconds'>): Fault {
  return new Fault('RATE_LIMITED', { detail: `The limit "${by}" is reached.`, retryAfterSeconds });
}
