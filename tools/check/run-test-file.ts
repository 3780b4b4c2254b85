import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ending, runChild } from './child.ts';
import { endLine } from './event-lines.ts';
import { checkLimits } from './limits.ts';
import type { Outcome, Result } from './tally.ts';

const reporter = fileURLToPath(new URL('event-lines.ts', import.meta.url));

/**
 * Runs one test file in a process of its own. Besides failing tests, these fail it: a bad exit, no end within the time limit,
 * processes left running, an end before its tests were done, no tests at all.
 * @example await runTestFile({ file: 'tools/check/tally.counts.test.ts', root, run, environment, stop })
 */
export async function runTestFile({
  file,
  root,
  run,
  environment,
  stop,
  timeoutMs = checkLimits.testFileMs,
}: {
  readonly file: string;
  readonly root: string;
  readonly run: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: AbortSignal;
  readonly timeoutMs?: number;
}): Promise<Outcome> {
  const slug = file.replaceAll('/', '__');
  const events = join(run, 'events', `${slug}.jsonl`);
  writeFileSync(events, ''); // made here: a test may set a umask under which nobody can read it
  const ending = await runChild({
    args: ['--test-reporter', reporter, '--test-reporter-destination', events, join(root, file)],
    cwd: root,
    environment,
    output: join(run, 'output', `${slug}.log`),
    timeoutMs,
    stop,
  });
  const { results, ended } = readEvents(events);
  const verdict = judge({ ending, results, ended, timeoutMs });
  const shown = withOutput(results, ending);
  return {
    title: file,
    results:
      verdict === undefined
        ? shown
        : [...shown, { name: 'the file', state: 'failed', details: `${verdict}\n${tail(ending)}` }],
    durationMs: ending.durationMs,
  };
}

function judge({
  ending,
  results,
  ended,
  timeoutMs,
}: {
  readonly ending: Ending;
  readonly results: readonly Result[];
  readonly ended: boolean;
  readonly timeoutMs: number;
}): string | undefined {
  if (ending.timedOut)
    return `did not end within ${timeoutMs / 1000} s: a test hangs, or something is left open`;
  if (ending.signal !== null) return `was ended by ${ending.signal}`;
  const failed = results.some(({ state }) => state === 'failed');
  if (ending.code !== 0 && !failed) return `ended with code ${ending.code}`;
  if (results.length === 0) return 'holds no tests';
  if (!ended && !failed) return 'ended before its tests were done';
  if (ending.stragglers) return 'left processes running behind it';
  return undefined;
}

function readEvents(path: string): { readonly results: readonly Result[]; readonly ended: boolean } {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // it never came so far
  }
  const results: Result[] = [];
  let ended = false;
  for (const line of text.split('\n').slice(0, -1)) {
    const value = parseLine(line);
    if (value === endLine) ended = true;
    else results.push(parseResult(value));
  }
  return { results, ended };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function parseResult(value: unknown): Result {
  if (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'state' in value &&
    typeof value.name === 'string'
  ) {
    const { name, state } = value;
    const details = 'details' in value && typeof value.details === 'string' ? { details: value.details } : {};
    if (state === 'passed' || state === 'failed' || state === 'skipped') return { name, state, ...details };
  }
  // A child that inherits the reporter (`fork` hands `execArgv` on) writes over the events of its parent.
  return {
    name: 'the file',
    state: 'failed',
    details: 'its events were written over: fork with `execArgv: []`',
  };
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
