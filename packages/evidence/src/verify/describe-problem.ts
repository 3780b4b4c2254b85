import type { Problem } from './report.ts';

/**
 * Says a problem in one English sentence; safe to print, since no text of the export is in it but ids that are plain.
 * @example for (const problem of report.problems) output.write(`${describeProblem(problem)}\n`);
 */
export function describeProblem(problem: Problem): string {
  switch (problem.kind) {
    case 'changed':
      return `Entry ${problem.index}${called(problem.id)} was changed (line ${problem.line}).`;
    case 'missing':
      return `${range(problem)} missing.`;
    case 'cut-off':
      return `${range(problem)} cut off: ${cutShownBy[problem.shownBy]}.`;
    case 'reordered':
      return problem.index === problem.belongsAt
        ? `${range(problem)} out of order: line ${problem.line} stands in the wrong place.`
        : `Reordered: line ${problem.line}, numbered ${problem.index}, holds entry ${problem.belongsAt}${called(problem.id)}${more(problem)}.`;
    case 'renumbered':
      return `Renumbered: line ${problem.line}, numbered ${problem.index}, holds entry ${problem.belongsAt}${called(problem.id)}${more(problem)}.`;
    case 'added':
      return `Line ${problem.line}, numbered ${problem.index}${called(problem.id)}, was added: the log has no such entry.`;
    case 'duplicated':
      return `Line ${problem.line}, numbered ${problem.index}, repeats entry ${problem.original}${called(problem.id)}.`;
    case 'entry-invalid':
      return `Entry ${problem.index} (line ${problem.line}) was logged so, but is ${entryFaults[problem.reason]}.`;
    case 'unproven':
      return `Entry ${problem.index}${called(problem.id)} (line ${problem.line}) and its leaf hash differ, and nothing signed proves either.`;
    case 'leaves-unauthentic':
      return `The leaf hashes ${problem.index} to ${problem.through} ${leavesFaults[problem.reason]}.`;
    case 'checkpoint-invalid':
      return `${checkpoint(problem)} does not count: ${problem.reason}.`;
    case 'checkpoint-inconsistent':
      return `${checkpoint(problem)}, of size ${problem.size}, is signed but contradicts the log up to ${problem.against}: the log was rewritten or shown in two versions.`;
    case 'checkpoint-missing':
      return 'No checkpoint holds: nothing in this export is proven.';
    case 'malformed':
      return `Line ${problem.line} is malformed: ${problem.reason}.`;
  }
}

const cutShownBy = Object.freeze({
  leaves: 'the leaf hashes go further',
  header: 'the header counts more',
  export: 'a checkpoint of the export counts more',
  known: 'a known checkpoint counts more',
});

const entryFaults = Object.freeze({
  'not-an-entry': 'not an entry of version 1',
  'another-environment': 'of another environment',
});

const leavesFaults = Object.freeze({
  mismatch: 'do not give the root of the checkpoint that follows: changed somewhere in this range',
  uncovered: 'are covered by no checkpoint',
  replaced: 'are wrong or absent; the entries themselves are proven',
});

type Range = { readonly index: number; readonly through: number };

function range({ index, through }: Range): string {
  return index === through ? `Entry ${index} is` : `Entries ${index} to ${through} are`;
}

function more({ index, through }: Range): string {
  return index === through ? '' : `, and so on up to number ${through}`;
}

function called(id: string | null): string {
  return id === null ? '' : ` (${id})`;
}

function checkpoint(problem: { readonly source: 'export' | 'known'; readonly line: number }): string {
  return problem.source === 'export'
    ? `The checkpoint in line ${problem.line}`
    : `Known checkpoint ${problem.line}`;
}
