import { limits } from '../limits.ts';

/** A run of lines with consecutive numbers. */
export type Run = { readonly start: number; end: number; readonly line: number };

/** Watches whether lines with right numbers also stand in the right order. */
export type LineOrder = {
  take(index: number, line: number): void;
  /** The fewest lines that have to move to restore the order. */
  misplaced(): Run[];
};

export function createLineOrder(): LineOrder {
  const runs: Run[] = [];
  // Once there are too many runs to compare, every line that goes back behind the furthest one counts as misplaced.
  const late: Run[] = [];
  let furthest = -1;
  return {
    take(index, line) {
      const last = runs.at(-1);
      if (last !== undefined && last.end + 1 === index) last.end = index;
      else if (runs.length < limits.runsMax) runs.push({ start: index, end: index, line });
      else if (index < furthest && late.length < limits.runsMax)
        late.push({ start: index, end: index, line });
      furthest = Math.max(furthest, index);
    },
    misplaced: () => [...outsideHeaviestAscent(runs), ...late],
  };
}

/** The runs outside the heaviest ascending subsequence, weighing each run by its lines. */
function outsideHeaviestAscent(runs: readonly Run[]): Run[] {
  if (runs.every((run, at) => (runs[at - 1]?.end ?? -1) < run.start)) return [];
  const byStart = [...runs.keys()].sort((a, b) => (runs[a]?.start ?? 0) - (runs[b]?.start ?? 0));
  const rank = new Uint32Array(runs.length);
  for (const [position, at] of byStart.entries()) rank[at] = position + 1;

  // A Fenwick tree over the ranks holds the run at which the heaviest ascent so far ends.
  const heaviest = new Int32Array(runs.length + 1).fill(-1);
  const weight = new Float64Array(runs.length);
  const previous = new Int32Array(runs.length).fill(-1);
  const heavier = (a: number, b: number): number => ((weight[a] ?? 0) > (weight[b] ?? 0) ? a : b);
  let best = -1;
  for (const [at, run] of runs.entries()) {
    let before = -1;
    for (let slot = (rank[at] ?? 1) - 1; slot > 0; slot -= slot & -slot)
      before = heavier(heaviest[slot] ?? -1, before);
    weight[at] = run.end - run.start + 1 + (weight[before] ?? 0);
    previous[at] = before;
    for (let slot = rank[at] ?? 1; slot <= runs.length; slot += slot & -slot) {
      heaviest[slot] = heavier(at, heaviest[slot] ?? -1);
    }
    best = heavier(at, best);
  }
  const kept = new Set<number>();
  for (let at = best; at >= 0; at = previous[at] ?? -1) kept.add(at);
  return runs.filter((_, at) => !kept.has(at));
}
