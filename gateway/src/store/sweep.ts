import type { Statement } from '#base';
import type { Store } from './store.ts';

export interface Sweep {
  /** Deletes what is older than its first value, at most as many rows as its second says. */
  readonly statement: Statement<unknown>;
  readonly before: Date | string;
  readonly rowsMax: number;
  /** What is left then waits for the next sweep. */
  readonly roundsMax: number;
}

/**
 * Deletes old rows of all environments, in transactions of a bounded size so that none holds locks for long; how many.
 *
 * @example await sweepOld(store, { statement: deleteExpiredTokens, before: new Date(now), rowsMax: 1_000, roundsMax: 100 });
 */
export async function sweepOld(store: Pick<Store, 'system'>, sweep: Sweep): Promise<number> {
  const { statement, before, rowsMax, roundsMax } = sweep;
  let deleted = 0;
  for (let round = 0; round < roundsMax; round++) {
    const some = await store.system((tx) => tx.run(statement, [before, rowsMax]));
    deleted += some;
    if (some < rowsMax) break;
  }
  return deleted;
}
