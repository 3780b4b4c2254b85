import { limits } from '../limits.ts';

/**
 * A line whose entry is not the one of its number, or a run of such lines with neighbouring numbers and places.
 * `target` is where the log has the entry of the first of them, null when nowhere.
 */
export type Misfit = {
  readonly label: number;
  readonly target: number | null;
  readonly line: number;
  readonly id: string | null;
  readonly length: number;
};

/** Collects misfits within a bound; `add` is false for one that could not be kept. */
export type Misfits = {
  add(misfit: Omit<Misfit, 'length'>): boolean;
  list(): readonly Misfit[];
  omitted(): number;
};

/** `boundaries` are indices at which a run must not go on, so that each run lies in one stretch between checkpoints. */
export function createMisfits(boundaries: ReadonlySet<number>): Misfits {
  const kept: Misfit[] = [];
  let omitted = 0;
  return {
    add(misfit) {
      const last = kept.at(-1);
      if (last !== undefined && continues(last, misfit) && !boundaries.has(misfit.label)) {
        kept[kept.length - 1] = { ...last, length: last.length + 1 };
        return true;
      }
      if (kept.length >= limits.misfitsMax) {
        omitted++;
        return false;
      }
      kept.push({ ...misfit, length: 1 });
      return true;
    },
    list: () => kept,
    omitted: () => omitted,
  };
}

/** Whether a line goes on where a run ends: the next number, the next entry of the log, the next line. */
export function continues(run: Misfit, next: Pick<Misfit, 'label' | 'target' | 'line'>): boolean {
  return (
    run.target !== null &&
    next.target === run.target + run.length &&
    next.label === run.label + run.length &&
    next.line === run.line + run.length
  );
}
