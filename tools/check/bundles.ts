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
 * What takes more than ten seconds comes first, the longest before the others: begun last, it would run alone at the end. Such files
 * kill servers, wait for time-outs that are due, or run tools and commands, dozens of them.
 */
export const longest = Object.freeze([
  'gateway/crash/postgres.gone-a-minute.test.ts',
  'gateway/crash/crash.loses-nothing.test.ts',
  'gateway/src/store/embedded/embedded.life.test.ts',
  'gateway/src/http/listener.floods.test.ts',
  'cli/src/transcripts.sessions.test.ts',
  'gateway/src/http/listener.scanners.test.ts',
  'cli/src/dev/dev.life.test.ts',
  'gateway/src/http/http.fortitude.test.ts',
  'gateway/src/store/store.silent.test.ts',
  'gateway/src/store/store.isolation.test.ts',
  'gateway/src/store/store.recovery.test.ts',
  'cli/src/dev/dev.damage.test.ts',
  'cli/src/production/up.refusals.test.ts',
  'cli/src/dev/page.works.test.ts',
  'gateway/src/access/access.revocation.test.ts',
  'cli/src/environments.sessions.test.ts',
]);

/**
 * Sorts test files into processes, in the order in which to start them: each into one of its own, but for those that share one.
 * @example bundlesOf(['a/b.c.test.ts']); // [{ title: 'a/b.c.test.ts', files: ['a/b.c.test.ts'] }]
 */
export function bundlesOf(files: readonly string[]): readonly Bundle[] {
  const groups = Map.groupBy(files, titleOf);
  return [...groups]
    .map(([title, group]) => ({
      title: group.length === 1 ? (group[0] ?? title) : title,
      files: group,
    }))
    .toSorted((left, right) => placeOf(left.title) - placeOf(right.title));
}

function placeOf(title: string): number {
  const place = longest.indexOf(title);
  return place === -1 ? longest.length : place;
}

function titleOf(file: string): string {
  const folder = dirname(file);
  const parent = dirname(folder);
  return sharing.includes(parent) ? `${parent}/${basename(folder).replace(/-.*/, '')}*` : file;
}
