import { basename, dirname } from 'node:path/posix';

/** Test files that run in one process. */
export interface Bundle {
  readonly title: string;
  readonly files: readonly string[];
}

/**
 * Below these, the files of folders that begin with the same word (`keys-create`, `keys-list`) share a process, and with it one
 * gateway: there are hundreds of them, each of a few lines, and a gateway with its database takes longer to start than they run.
 */
const sharing = Object.freeze(['gateway/src/http/routes']);

/**
 * Sorts test files into processes: each into one of its own, but for those that share one.
 * @example bundlesOf(['a/b.c.test.ts']); // [{ title: 'a/b.c.test.ts', files: ['a/b.c.test.ts'] }]
 */
export function bundlesOf(files: readonly string[]): readonly Bundle[] {
  const groups = Map.groupBy(files, titleOf);
  return [...groups].map(([title, group]) => ({
    title: group.length === 1 ? (group[0] ?? title) : title,
    files: group,
  }));
}

function titleOf(file: string): string {
  const folder = dirname(file);
  const parent = dirname(folder);
  return sharing.includes(parent) ? `${parent}/${basename(folder).replace(/-.*/, '')}*` : file;
}
