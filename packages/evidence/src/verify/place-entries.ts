import { limits } from '../limits.ts';
import { type BitSet, createBitSet } from './bit-set.ts';
import type { EntryList } from './entry-list.ts';
import type { HashList } from './hash-list.ts';
import { continues, type Misfit } from './misfits.ts';
import type { ProblemList } from './problem-list.ts';
import type { Settled } from './settle.ts';

type Options = {
  readonly entries: EntryList;
  readonly leaves: HashList;
  readonly settled: Settled;
  /** The size of the tree that the leaf hashes alone prove: where the hashes in `entries` begin. */
  readonly provenByLeaves: number;
  /** Entries are expected from here … */
  readonly from: number;
  /** … up to here, excluded: leaves that are known, proven or not. */
  readonly available: number;
  /** Size of the largest tree that is signed or at hand; beyond it a number is certainly not of the log. */
  readonly claimed: number;
  readonly problems: ProblemList;
};

type Holding = { readonly isHeld: (index: number) => boolean; readonly held: BitSet };

/** The last run of entries without a line, when it reaches the end of the known leaves. */
export type Tail = { readonly index: number } | null;

/**
 * Names each entry that is not where the log has it: a hash found elsewhere is reordered (or a repetition), a hash found
 * nowhere is the changed entry of an index that has no other line, or else added; an index left over is missing.
 */
export function placeEntries(options: Options): Tail {
  const { entries, problems } = options;
  const held = createBitSet(limits.leavesMax);
  const isHeld = (index: number): boolean => entries.inPlace.has(index) || held.has(index);
  const misfits = setAsideUnproven(options, held);
  const { displaced, strangers, repeated } = findOriginals(misfits, { ...options, isHeld, held });
  const added = nameStrangers(strangers, { ...options, isHeld, held });
  const gaps = findGaps(displaced, { ...options, isHeld });

  const extra = [...added, ...repeated.map(({ line }) => line)].sort((a, b) => a - b);
  for (const [position, run] of displaced.entries()) {
    if (run.target === null) continue;
    // Entries before it that are missing move a number down, lines that are too many move it up. A number that is
    // off by just that is right in its order: whoever removed or put in a line numbered the rest anew.
    const shift = (gaps.before[position] ?? 0) - countBelow(extra, run.line);
    const kind = run.target - run.label === shift ? 'renumbered' : 'reordered';
    const { label: index, target: belongsAt, line, id, length } = run;
    problems.add({ kind, index, through: index + length - 1, belongsAt, line, id });
  }
  for (const { label: index, target, line, id } of repeated) {
    if (target !== null) problems.add({ kind: 'duplicated', index, original: target, line, id });
  }
  for (const { start, end, line } of entries.order.misplaced()) {
    problems.add({ kind: 'reordered', index: start, through: end, belongsAt: start, line, id: null });
  }
  return gaps.tail;
}

/** Takes out what the settled stretches already explain and what nothing can explain. */
function setAsideUnproven(options: Options, held: BitSet): Misfit[] {
  const { entries, leaves, settled, provenByLeaves, claimed, problems } = options;
  const rest: Misfit[] = [];
  const seen = createBitSet(limits.leavesMax);
  for (const misfit of entries.misfits.list()) {
    const { label, line, id, length } = misfit;
    const isByEntries = isWithin(settled.byEntries, label);
    if (!isByEntries && (label < settled.proven || label >= claimed)) {
      rest.push(misfit);
      continue;
    }
    for (let offset = 0; offset < length; offset++) {
      const index = label + offset;
      const isFirst = !entries.inPlace.has(index) && seen.add(index);
      const target = misfit.target === null ? null : misfit.target + offset;
      if (!isFirst)
        rest.push({ label: index, target, line: line + offset, id: offset === 0 ? id : null, length: 1 });
      else if (held.add(index) && !isByEntries) {
        problems.add({ kind: 'unproven', index, line: line + offset, id: offset === 0 ? id : null });
      }
    }
  }
  for (const { start, end } of settled.byEntries) {
    reportReplaced({ start, end, leaves, provenByLeaves, entries, problems });
  }
  return rest;
}

function reportReplaced(options: {
  readonly start: number;
  readonly end: number;
  readonly leaves: HashList;
  readonly provenByLeaves: number;
  readonly entries: EntryList;
  readonly problems: ProblemList;
}): void {
  const { start, end, leaves, provenByLeaves, entries, problems } = options;
  let first: number | null = null;
  for (let index = start; index <= end; index++) {
    const hash = index < end ? entries.hashes.at(index - provenByLeaves) : null;
    const isReplaced = hash !== null && !leaves.holds(index, hash);
    if (isReplaced) first ??= index;
    else if (first !== null) {
      problems.add({ kind: 'leaves-unauthentic', index: first, through: index - 1, reason: 'replaced' });
      first = null;
    }
  }
}

/** Parts misfits into entries of the log under a wrong number, repetitions of entries, and strangers to the log. */
function findOriginals(
  misfits: readonly Misfit[],
  options: Options & Holding,
): { readonly displaced: Misfit[]; readonly repeated: Misfit[]; readonly strangers: Misfit[] } {
  const { isHeld, held } = options;
  const displaced: Misfit[] = [];
  const repeated: Misfit[] = [];
  const strangers: Misfit[] = [];
  for (const misfit of misfits) {
    if (misfit.target === null) {
      strangers.push(misfit);
      continue;
    }
    for (let offset = 0; offset < misfit.length; offset++) {
      const { label, target, line, id } = misfit;
      const one = { label: label + offset, target: target + offset, line: line + offset, length: 1 };
      const single = { ...one, id: offset === 0 ? id : null };
      const last = displaced.at(-1);
      if (!isGenuine(one.target, options)) {
        strangers.push({ ...single, target: null });
      } else if (isHeld(one.target)) {
        repeated.push(single);
      } else if (held.add(one.target) && last !== undefined && continues(last, one)) {
        displaced[displaced.length - 1] = { ...last, length: last.length + 1 };
      } else {
        displaced.push(single);
      }
    }
  }
  return { displaced, repeated, strangers };
}

/** Whether the leaf hash at an index is proven: not merely listed, and not one that the entries proved wrong. */
function isGenuine(index: number, { settled, leaves, entries, provenByLeaves }: Options): boolean {
  if (index >= settled.proven) return false;
  const proven = isWithin(settled.byEntries, index) ? entries.hashes.at(index - provenByLeaves) : null;
  return proven === null || leaves.holds(index, proven);
}

/** Whether an index lies in one of the ascending stretches. */
function isWithin(stretches: Settled['byEntries'], index: number): boolean {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((stretches[middle]?.end ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  return (stretches[low]?.start ?? Number.POSITIVE_INFINITY) <= index;
}

/** Calls a stranger changed where the entry it stands for is gone, and added elsewhere; returns the lines added. */
function nameStrangers(strangers: readonly Misfit[], options: Options & Holding): number[] {
  const { entries, settled, isHeld, held, problems } = options;
  const shiftAfter = new Map<number, number>();
  for (const { label, target, line, length } of entries.misfits.list()) {
    if (target !== null) shiftAfter.set(line + length, target - label);
  }
  const added: number[] = [];
  for (const { label, line, id } of strangers) {
    // Among lines that were numbered anew, the number is off by as much as that of the line before.
    const shift = shiftAfter.get(line) ?? 0;
    const index = [label, label + shift].find(
      (place) => place >= 0 && place < settled.proven && !isHeld(place),
    );
    if (index !== undefined && held.add(index)) {
      problems.add({ kind: 'changed', index, id, line });
    } else {
      problems.add({ kind: 'added', index: label, id, line });
      added.push(line);
    }
  }
  return added;
}

/** Reports indices without a line, and counts those before each displaced run. */
function findGaps(
  displaced: readonly Misfit[],
  options: Options & { readonly isHeld: (index: number) => boolean },
): { readonly before: readonly number[]; readonly tail: Tail } {
  const { entries, from, available, isHeld, problems } = options;
  const before = displaced.map(() => 0);
  const positions = [...displaced.keys()].sort(
    (a, b) => (displaced[a]?.target ?? 0) - (displaced[b]?.target ?? 0),
  );
  let missing = 0;
  let next = 0;
  let first: number | null = null;
  for (let index = from; index < available; index++) {
    for (
      let at = positions[next];
      at !== undefined && (displaced[at]?.target ?? 0) <= index;
      at = positions[++next]
    ) {
      before[at] = missing;
    }
    if (!isHeld(index) && !entries.excused.has(index)) {
      first ??= index;
      missing++;
    } else if (first !== null) {
      problems.add({ kind: 'missing', index: first, through: index - 1 });
      first = null;
    }
  }
  return { before, tail: first === null ? null : { index: first } };
}

/** How many of the ascending lines come before one. */
function countBelow(lines: readonly number[], line: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((lines[middle] ?? 0) < line) low = middle + 1;
    else high = middle;
  }
  return low;
}
