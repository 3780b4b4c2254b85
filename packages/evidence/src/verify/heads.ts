import { verifyCheckpointWithKey } from '../checkpoint/checkpoint.ts';
import type { VerifierKey } from '../checkpoint/verifier-key.ts';
import { limits } from '../limits.ts';
import { sameHash } from '../merkle/hash.ts';
import { type Tree, treeRoot } from '../merkle/tree.ts';
import type { ProblemList } from './problem-list.ts';
import type { CheckpointSource } from './report.ts';

/** A checkpoint whose signature holds. `matched` is set once the leaves up to its size give its root. */
export type Head = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly time: string | null;
  readonly source: CheckpointSource;
  readonly line: number;
  matched: boolean;
};

/** Checks the signature of checkpoints as they come, and keeps the good ones. */
export type Heads = {
  add(note: string, place: { readonly source: CheckpointSource; readonly line: number }): void;
  /** All good ones, by size. */
  sorted(): readonly Head[];
};

export function createHeads(key: VerifierKey | null, problems: ProblemList): Heads {
  const heads: Head[] = [];
  let isSorted = true;
  return {
    add(note, { source, line }) {
      if (heads.length >= limits.checkpointsMax) {
        problems.add({ kind: 'malformed', line, reason: 'too-many' });
        return;
      }
      const verdict =
        key === null ? ({ ok: false, reason: 'no-key' } as const) : verifyCheckpointWithKey(note, key);
      if (!verdict.ok) {
        problems.add({ kind: 'checkpoint-invalid', source, line, reason: verdict.reason });
        return;
      }
      const { size, root, time } = verdict;
      heads.push({ size, root, time, source, line, matched: false });
      isSorted = false;
    },
    sorted() {
      if (!isSorted) heads.sort((a, b) => a.size - b.size);
      isSorted = true;
      return heads;
    },
  };
}

/** Marks the heads of a tree's size that have its root; `from` is the first head that may. Returns where the next sizes begin. */
export function matchHeads(
  heads: readonly Head[],
  tree: Tree,
  from: number,
): { readonly next: number; readonly matched: boolean } {
  let next = from;
  let matched = false;
  let root: Uint8Array | null = null;
  for (let head = heads[next]; head !== undefined && head.size <= tree.size; head = heads[++next]) {
    if (head.size < tree.size) continue;
    root ??= treeRoot(tree);
    if (!sameHash(root, head.root)) continue;
    head.matched = true;
    matched = true;
  }
  return { next, matched };
}
