import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from './bundles.ts';
import { type Ending, runChild } from './child.ts';
import { endLine, idleLine, moreLine } from './event-lines.ts';
import { checkLimits } from './limits.ts';
import type { Outcome, Result } from './tally.ts';

/** A finished test and the file it stands in. */
type Line = Result & { readonly file: string };

const reporter = fileURLToPath(new URL('event-lines.ts', import.meta.url));

/**
 * Runs the test files of a bundle in a process of their own. Besides failing tests, these fail it: a bad exit, no end within the
 * time limit, no end soon after the last test, processes left running, an end before its tests were done, a file without tests.
 * @example await runTestFiles({ bundle: { title: 'a.b.test.ts', files: ['a.b.test.ts'] }, root, run, environment, stop })
 */
export async function runTestFiles({
  bundle: { title, files },
  root,
  run,
  environment,
  stop,
  timeoutMs = checkLimits.testFileMs,
  idleMs = checkLimits.idleMs,
  graceMs = checkLimits.stragglerGraceMs,
}: {
  readonly bundle: Bundle;
  readonly root: string;
  readonly run: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: AbortSignal;
  readonly timeoutMs?: number;
  readonly idleMs?: number;
  readonly graceMs?: number;
}): Promise<Outcome> {
  const isAlone = files.length === 1;
  const slug = title.replaceAll('/', '__');
  const events = join(run, 'events', `${slug}.jsonl`);
  writeFileSync(events, ''); // made here: a test may set a umask under which nobody can read it
  const paths = files.map((file) => join(root, file));
  const ending = await runChild({
    args: [
      ...(isAlone ? [] : ['--test', '--test-isolation=none']),
      '--test-reporter',
      reporter,
      '--test-reporter-destination',
      events,
      ...paths,
    ],
    cwd: root,
    environment,
    output: join(run, 'output', `${slug}.log`),
    timeoutMs,
    idle: { is: () => isIdle(events), forMs: idleMs },
    graceMs,
    stop,
  });
  const { lines, ended } = readEvents(events);
  const verdict = judge({ ending, lines, ended, timeoutMs, idleMs });
  const results = lines.map((line) => resultOf(line, isAlone ? null : root));
  const silent = files.filter((_, at) => !isAlone && !lines.some(({ file }) => file === paths[at]));
  const failures = [
    ...(verdict === undefined
      ? []
      : [failure(isAlone ? 'the file' : 'the process', `${verdict}\n${tail(ending)}`)]),
    ...silent.map((file) => failure(file, 'its process ended before its tests were done')),
  ];
  return { title, results: [...withOutput(results, ending), ...failures], durationMs: ending.durationMs };
}

/** With files beside it, the name of its own comes first. Node makes a test of a file that holds none, or can't be loaded. */
function resultOf({ file, ...result }: Line, root: string | null): Result {
  if (root === null) return result;
  const name = relative(root, file);
  if (result.name !== file) return { ...result, name: `${name}: ${result.name}` };
  return result.state === 'passed' ? failure(name, 'holds no tests') : { ...result, name };
}

function failure(name: string, details: string): Result {
  return { name, state: 'failed', details };
}

function judge({
  ending,
  lines,
  ended,
  timeoutMs,
  idleMs,
}: {
  readonly ending: Ending;
  readonly lines: readonly Line[];
  readonly ended: boolean;
  readonly timeoutMs: number;
  readonly idleMs: number;
}): string | undefined {
  if (ending.timedOut) return `did not end within ${timeoutMs / 1000} s: a test hangs`;
  if (ending.idled)
    return `did not end within ${idleMs / 1000} s of its last test: something is left open, or a hook hangs`;
  if (ending.signal !== null) return `was ended by ${ending.signal}`;
  const failed = lines.some(({ state }) => state === 'failed');
  if (ending.code !== 0 && !failed) return `ended with code ${ending.code}`;
  if (lines.length === 0) return 'holds no tests';
  if (!ended && !failed) return 'ended before its tests were done';
  if (ending.stragglers) return 'left processes running behind it';
  return undefined;
}

function readEvents(path: string): { readonly lines: readonly Line[]; readonly ended: boolean } {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // it never came so far
  }
  const lines: Line[] = [];
  let ended = false;
  for (const one of text.split('\n').slice(0, -1)) {
    const value = parseJson(one);
    if (value === endLine) ended = true;
    else if (value !== idleLine && value !== moreLine) lines.push(parseLine(value));
  }
  return { lines, ended };
}

/** Whether the last that a file said is that no test of it is left. */
function isIdle(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').endsWith(`${JSON.stringify(idleLine)}\n`);
  } catch {
    return false;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function parseLine(value: unknown): Line {
  if (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'state' in value &&
    typeof value.name === 'string'
  ) {
    const { name, state } = value;
    const file = 'file' in value && typeof value.file === 'string' ? value.file : '';
    const details = 'details' in value && typeof value.details === 'string' ? { details: value.details } : {};
    if (state === 'passed' || state === 'failed' || state === 'skipped')
      return { name, state, file, ...details };
  }
  // A child that inherits the reporter (`fork` hands `execArgv` on) writes over the events of its parent.
  return { file: '', ...failure('the file', 'its events were written over: fork with `execArgv: []`') };
}

/** The output of the file goes with its last failure, once. */
function withOutput(results: readonly Result[], ending: Ending): readonly Result[] {
  const last = results.findLastIndex(({ state }) => state === 'failed');
  if (ending.output.trim() === '') return results;
  return results.map((result, index) =>
    index === last
      ? { ...result, details: `${result.details ?? ''}\n--- printed by the file:\n${tail(ending)}` }
      : result,
  );
}

function tail({ output }: Ending): string {
  return output.slice(-checkLimits.outputCharactersMax);
}
