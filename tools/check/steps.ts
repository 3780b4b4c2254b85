/** A check that is one program: `program` is a path below the root, run by the pinned Node. */
export interface Step {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** The checks that are not tests; each counts as one. */
export const steps: readonly Step[] = Object.freeze([
  { name: 'types', program: 'node_modules/typescript/bin/tsc', args: ['-p', '.'] },
  {
    name: 'lint',
    program: 'node_modules/oxlint/bin/oxlint',
    args: ['--type-aware', '--deny-warnings', '--report-unused-disable-directives', '.'],
  },
  { name: 'format', program: 'node_modules/@biomejs/biome/bin/biome', args: ['check', '--colors=off', '.'] },
  {
    name: 'knip',
    program: 'node_modules/knip/bin/knip.js',
    args: ['--no-progress'],
  },
  { name: 'tidy', program: 'tools/tidy/main.ts', args: [] },
]);
