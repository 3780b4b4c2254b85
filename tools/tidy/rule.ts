import type { Tree } from './tree.ts';

/** What a rule found, and what to do about it. Line 0 stands for the whole file. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly what: string;
  readonly remedy: string;
}

/** One rule: looks at the tree and says what is wrong. */
export interface Rule {
  readonly name: string;
  check(tree: Tree): readonly Finding[];
}
