import { Fault } from '#base';

/** Work that is done a few at a time, in the order in which it came. */
export interface Turns {
  /** Runs it when it is its turn. `BUSY` when too many wait. */
  run<T>(work: () => T | Promise<T>): Promise<T>;
}

/**
 * Makes them.
 *
 * @example const turns = createTurns({ atOnceMax: 8, waitingMax: 1_000 }); await turns.run(() => read());
 */
export function createTurns({
  atOnceMax,
  waitingMax,
}: {
  readonly atOnceMax: number;
  readonly waitingMax: number;
}): Turns {
  const waiting: (() => void)[] = [];
  let atOnce = 0;
  return {
    async run(work) {
      if (atOnce < atOnceMax) atOnce += 1;
      else {
        if (waiting.length >= waitingMax) throw new Fault('BUSY', { retryAfterSeconds: 1 });
        // Whoever ends hands its place on.
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) atOnce -= 1;
        else next();
      }
    },
  };
}
