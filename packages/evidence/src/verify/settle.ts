import { appendLeaf, type Tree } from '../merkle/tree.ts';
import type { HashList } from './hash-list.ts';
import { type Head, matchHeads } from './heads.ts';

/** What could be proven of the leaves after the last checkpoint they agree with. */
export type Settled = {
  /** Leaves proven by a checkpoint. */
  readonly proven: number;
  /** Stretches, `end` excluded, whose entries give the signed root although the leaf hashes do not. */
  readonly byEntries: readonly { readonly start: number; readonly end: number }[];
};

type Source = (index: number) => Uint8Array | null;

/**
 * Tries, beyond the proven leaves, whether the hashes of the entries give the roots that the leaf hashes do not: then
 * the leaf hashes were tampered with and the entries are genuine. One pass over both, whatever the checkpoints.
 */
export function settle(options: {
  readonly heads: readonly Head[];
  readonly start: Tree;
  readonly leaves: HashList;
  /** Hashes of the entries by index, counted from the size of `start`. */
  readonly entries: HashList;
}): Settled {
  const { heads, start, leaves, entries } = options;
  const byEntries: { start: number; end: number }[] = [];
  const fromLeaves: Source = (index) => leaves.at(index);
  const fromEntries: Source = (index) => entries.at(index - start.size) ?? leaves.at(index);
  let proven = start;
  let leafTree: Tree | null = start;
  let entryTree: Tree | null = start;
  for (const [at, head] of heads.entries()) {
    // Heads of one size are compared together, when the first of them comes up.
    if (head.size <= start.size || heads[at - 1]?.size === head.size) continue;
    leafTree = extend(leafTree, head.size, fromLeaves);
    entryTree = extend(entryTree, head.size, fromEntries);
    if (leafTree === null && entryTree === null) break;
    if (leafTree !== null && matchHeads(heads, leafTree, at).matched) {
      proven = leafTree;
    } else if (entryTree !== null && matchHeads(heads, entryTree, at).matched) {
      const last = byEntries.at(-1);
      if (last?.end === proven.size) last.end = entryTree.size;
      else byEntries.push({ start: proven.size, end: entryTree.size });
      proven = entryTree;
    } else continue;
    leafTree = proven;
    entryTree = proven;
  }
  return { proven: proven.size, byEntries };
}

function extend(tree: Tree | null, size: number, source: Source): Tree | null {
  let extended = tree;
  while (extended !== null && extended.size < size) {
    const hash: Uint8Array | null = source(extended.size);
    extended = hash === null ? null : appendLeaf(extended, hash);
  }
  return extended;
}
