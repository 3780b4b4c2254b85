import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.ts';
import { checkLimits } from './limits.ts';
import type { Step } from './steps.ts';
import type { Outcome } from './tally.ts';

/** Runs one step; what it prints is shown when it fails. */
export async function runStep({
  step,
  root,
  environment,
  stop,
}: {
  readonly step: Step;
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: AbortSignal;
}): Promise<Outcome> {
  const program = join(root, step.program);
  if (!existsSync(program)) {
    return {
      title: step.name,
      results: [{ name: step.name, state: 'failed', details: `${step.program} is missing` }],
      durationMs: 0,
    };
  }
  const output = join(environment['SALLYPORT_TEST_RUN_DIR'] ?? root, 'output', `step-${step.name}.log`);
  const ending = await runChild({
    args: [program, ...step.args],
    cwd: root,
    environment,
    output,
    timeoutMs: checkLimits.stepMs,
    stop,
  });
  if (ending.code === 0)
    return {
      title: step.name,
      results: [{ name: step.name, state: 'passed' }],
      durationMs: ending.durationMs,
    };
  const reason = ending.timedOut
    ? `did not end within ${checkLimits.stepMs / 1000} s`
    : `ended with ${ending.code ?? ending.signal}`;
  const details = `${ending.output.slice(-checkLimits.outputCharactersMax)}\n${step.name} ${reason}`;
  return {
    title: step.name,
    results: [{ name: step.name, state: 'failed', details }],
    durationMs: ending.durationMs,
  };
}
