import type { LeavesLine } from '../export/line.ts';
import { limits } from '../limits.ts';
import { appendLeaf, emptyTree, type Tree } from '../merkle/tree.ts';
import { createHashList, type HashList } from './hash-list.ts';
import { type Head, matchHeads } from './heads.ts';
import type { ProblemList } from './problem-list.ts';

/** The leaf hashes of an export, compared with every checkpoint while they come in. */
export type LeafList = {
  readonly hashes: HashList;
  take(line: LeavesLine, number: number): void;
  /** The tree up to the last checkpoint whose root the leaves give. */
  proven(): Tree;
};

export function createLeafList(heads: readonly Head[], problems: ProblemList): LeafList {
  const hashes = createHashList();
  let gaps = 0;
  // Absent hashes end the tree: what follows a gap is settled with the help of the entries.
  let tree: Tree | null = emptyTree();
  let proven = emptyTree();
  let next = 0;

  const compare = (): void => {
    if (tree === null) return;
    const found = matchHeads(heads, tree, next);
    next = found.next;
    if (found.matched) proven = tree;
  };
  compare();

  return {
    hashes,
    take({ start, hashes: added }, number) {
      const length = hashes.length();
      const gap = start - length;
      if (length + gap + added.length > limits.leavesMax || gaps + gap > limits.leavesGapMax) {
        problems.add({ kind: 'malformed', line: number, reason: 'too-many' });
        return;
      }
      if (gap !== 0) problems.add({ kind: 'malformed', line: number, reason: 'leaves-start' });
      // Hashes for the second time would let the first ones be replaced.
      if (gap < 0) return;
      if (gap > 0) {
        gaps += gap;
        tree = null;
      }
      for (const [offset, hash] of added.entries()) {
        hashes.set(start + offset, hash);
        if (tree === null) continue;
        tree = appendLeaf(tree, hash);
        compare();
      }
    },
    proven: () => proven,
  };
}
