import { type Problem, type ProblemKind, problemKinds } from './report.ts';

/** Collects problems within a bound, and counts those beyond it. */
export type ProblemList = {
  add(problem: Problem): void;
  count(): number;
  /** The problems to report: fairly many of each kind, so that a flood of one hides no other. */
  list(): Problem[];
};

export function createProblemList(max: number): ProblemList {
  const byKind = new Map<ProblemKind, Problem[]>();
  let count = 0;
  return {
    add(problem) {
      count++;
      const kept = byKind.get(problem.kind);
      if (kept === undefined) byKind.set(problem.kind, [problem]);
      else if (kept.length < max) kept.push(problem);
    },
    count: () => count,
    list: () => share(byKind, max),
  };
}

function share(byKind: ReadonlyMap<ProblemKind, readonly Problem[]>, max: number): Problem[] {
  const kinds = problemKinds.map((kind) => byKind.get(kind) ?? []).filter((kept) => kept.length > 0);
  let left = Math.max(max, kinds.length);
  const shares = new Map<readonly Problem[], number>();
  // Kinds with few problems first; what they leave goes to the others.
  for (const [position, kept] of [...kinds].sort((a, b) => a.length - b.length).entries()) {
    const taken = Math.min(kept.length, Math.floor(left / (kinds.length - position)));
    shares.set(kept, taken);
    left -= taken;
  }
  return kinds.flatMap((kept) => [...kept].slice(0, shares.get(kept)).sort((a, b) => place(a) - place(b)));
}

function place(problem: Problem): number {
  if ('index' in problem) return problem.index;
  return 'line' in problem ? problem.line : 0;
}
