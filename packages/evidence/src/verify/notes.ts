import type { HeaderLine } from '../export/line.ts';
import type { EntryList } from './entry-list.ts';
import type { Head } from './heads.ts';
import type { ProblemList } from './problem-list.ts';

/** Writes what a reader must know to rely on the result. */
export function writeNotes(options: {
  readonly header: HeaderLine | null;
  readonly verifierKey: string | null;
  readonly pinned: object | null;
  readonly from?: number;
  readonly sorted: readonly Head[];
  readonly entries: EntryList;
  readonly problems: ProblemList;
  readonly proven: number;
  readonly available: number;
  readonly uncheckedFrom: number | null;
}): string[] {
  return [
    coverage(options.sorted, options.proven),
    key(options),
    tail(options.sorted),
    beginning(options),
    clock(options.sorted),
    options.uncheckedFrom !== null &&
      `What follows leaf ${options.uncheckedFrom - 1} cannot be checked, since the tree rests on the leaves before it.`,
    omitted(options),
  ].filter((note) => typeof note === 'string');
}

function coverage(heads: readonly Head[], proven: number): string {
  const head = heads.findLast(({ matched, size }) => matched && size === proven);
  if (head === undefined) return 'No checkpoint proves any leaf.';
  return `The last checkpoint that holds covers ${proven} leaves${head.time === null ? '' : `, signed ${head.time}`}.`;
}

function key(options: {
  readonly header: HeaderLine | null;
  readonly verifierKey: string | null;
  readonly pinned: object | null;
}): string | null {
  if (options.pinned === null) {
    return 'The key was taken from the export itself: this proves that the export is consistent, not who wrote it. Give the verifier key of the log from another source.';
  }
  const isOther = options.header !== null && options.header.verifierKey !== options.verifierKey;
  return isOther ? 'The export names another key than the one given; only the one given counts.' : null;
}

function tail(heads: readonly Head[]): string {
  const known = heads.filter(({ source }) => source === 'known');
  const largest = known.at(-1);
  return largest === undefined
    ? 'No known checkpoint was given: a tail cut off together with all checkpoints that cover it does not show. Give the last checkpoint seen elsewhere.'
    : `Compared with known checkpoints up to size ${largest.size}; a tail beyond that, cut off together with its checkpoints, does not show.`;
}

function beginning(options: { readonly header: HeaderLine | null; readonly from?: number }): string | null {
  const from = options.from ?? 0;
  if (from > 0) return `Entries before ${from} were not asked for; only their leaf hashes were checked.`;
  const stated = options.header?.from ?? 0;
  return stated > 0
    ? `The export says it begins with entry ${stated}; what is before counts as missing.`
    : null;
}

function clock(heads: readonly Head[]): string | null {
  let latest = '';
  for (const { time, size } of heads) {
    // Times of one form in UTC compare as texts.
    if (time !== null && time < latest)
      return `The checkpoint of size ${size} is dated before a smaller one.`;
    if (time !== null) latest = time;
  }
  return null;
}

function omitted(options: { readonly entries: EntryList; readonly problems: ProblemList }): string | null {
  const lines = options.entries.misfits.omitted();
  const others = options.problems.count() - options.problems.list().length;
  if (lines === 0 && others === 0) return null;
  const parts = [
    others > 0 && `${others} further problems are not listed`,
    lines > 0 && `${lines} further entries out of place were not looked into`,
  ];
  return `${parts.filter((part) => typeof part === 'string').join('; ')}.`;
}
