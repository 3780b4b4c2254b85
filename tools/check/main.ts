// `npm test`: every check, one after the other or side by side, and the counts at the end.
//   npm test                     everything
//   npm test -- gateway/src/base only the test files under these paths
//   npm test -- tidy lint        only these steps
//   npm test -- --keep           leaves the run directory for a look
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkLeaks } from '../leaks/check.ts';
import { bundlesOf } from './bundles.ts';
import { startCluster } from './cluster.ts';
import { scrubEnvironment } from './environment.ts';
import { findTestFiles, selectTestFiles } from './files.ts';
import { checkLimits } from './limits.ts';
import { runPool } from './pool.ts';
import { createRunDirectory } from './run-directory.ts';
import { runStep } from './run-step.ts';
import { runTestFiles } from './run-test-files.ts';
import { steps } from './steps.ts';
import { createTally, type Outcome } from './tally.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cores = availableParallelism();
/** Programs that do nothing but compute. */
const stepLanes = Math.min(checkLimits.lanesMax, cores);
/** Half of the time a test file waits: for its database, for a time-out that is due. */
const testLanes = Math.min(checkLimits.lanesMax, cores * checkLimits.lanesPerCore);

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const wanted = words.filter((word) => !word.startsWith('--'));
  const keep = words.includes('--keep');
  const chosenSteps = wanted.length === 0 ? steps : steps.filter(({ name }) => wanted.includes(name));
  const paths = wanted.filter((word) => !steps.some(({ name }) => name === word));
  const everyFile = findTestFiles(root);
  const files = wanted.length === 0 ? everyFile : selectTestFiles({ files: everyFile, paths, root });
  const tally = createTally({ write: (text) => process.stdout.write(text) });
  for (const path of paths) {
    if (selectTestFiles({ files: everyFile, paths: [path], root }).length === 0) {
      tally.add({
        title: path,
        results: [failure('select', 'No test file and no step has this name.')],
        durationMs: 0,
      });
    }
  }

  const run = await createRunDirectory();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { path, compiled } = run;
  const environment = scrubEnvironment({ root, run: path, compiled, inherited: process.env });
  let leaked = false;
  try {
    await runPool({ items: chosenSteps, lanes: stepLanes, stop: stop.signal }, async (step) => {
      tally.add(await runStep({ step, root, environment, stop: stop.signal }));
    });
    if (files.length > 0 && !stop.signal.aborted) {
      const cluster = await startCluster({ run: path });
      if (cluster.outcome !== undefined) tally.add(cluster.outcome);
      if (cluster.url !== undefined) environment['SALLYPORT_TEST_DATABASE_URL'] = cluster.url;
      try {
        await runPool({ items: bundlesOf(files), lanes: testLanes, stop: stop.signal }, async (bundle) => {
          tally.add(await runTestFiles({ bundle, root, run: path, environment, stop: stop.signal }));
        });
        await cluster.stop();
        if (!stop.signal.aborted) {
          const outcome = await checkLeaks({ directory: path, whole: wanted.length === 0 });
          leaked = outcome.results.some(({ state }) => state === 'failed');
          tally.add(outcome);
        }
      } finally {
        if (!keep && !leaked) await cluster.remove();
      }
    }
  } catch (error) {
    tally.add({
      title: 'check',
      results: [failure('run', error instanceof Error ? (error.stack ?? '') : String(error))],
      durationMs: 0,
    });
  } finally {
    if (keep || leaked) process.stdout.write(`\nThe run directory was kept: ${path}\n`);
    await run.remove({ keep: keep || leaked });
  }
  if (stop.signal.aborted)
    tally.add({ title: 'check', results: [failure('run', 'Interrupted.')], durationMs: 0 });
  return tally.finish();
}

function failure(name: string, details: string): Outcome['results'][number] {
  return { name, state: 'failed', details };
}
