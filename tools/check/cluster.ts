import { join } from 'node:path';
import { checkLimits } from './limits.ts';
import type { Outcome } from './tally.ts';

/** The database server that test files share; `url` is absent when it could not be started. */
export interface Cluster {
  readonly url?: string;
  readonly outcome?: Outcome;
  /** Ends it; its pages stay for the leak check. */
  stop(): Promise<void>;
  /** Deletes all of it. */
  remove(): Promise<void>;
}

const none = Object.freeze({ stop: async () => {}, remove: async () => {} });

/**
 * Starts the shared server that `gateway/test/cluster.ts` knows how to start, under the run directory, so that its pages and its
 * write-ahead log lie before the leak check afterwards.
 */
export async function startCluster({ run }: { readonly run: string }): Promise<Cluster> {
  const started = performance.now();
  const previous = process.env['TMPDIR'];
  process.env['SALLYPORT_TEST_RUN_DIR'] = run;
  process.env['TMPDIR'] = join(run, 'tmp');
  try {
    const cluster = await withLimit(start());
    return { ...cluster, outcome: outcome({ state: 'passed', started }) };
  } catch (error) {
    const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...none, outcome: outcome({ state: 'failed', started, details }) };
  } finally {
    if (previous === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = previous;
  }
}

/** Imported late: a gateway that does not load must fail its own tests, not this runner. */
async function start(): Promise<Required<Omit<Cluster, 'outcome'>>> {
  const { startTestCluster } = await import('../../gateway/test/cluster.ts');
  const { openSecretText } = await import('../../gateway/src/base/secret.ts');
  const cluster = await startTestCluster();
  return {
    url: openSecretText(cluster.url),
    stop: () => cluster.stop(),
    remove: () => cluster.remove(),
  };
}

async function withLimit<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the test database did not start within ${checkLimits.clusterStartMs / 1000} s`));
    }, checkLimits.clusterStartMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function outcome({
  state,
  started,
  details,
}: {
  readonly state: 'passed' | 'failed';
  readonly started: number;
  readonly details?: string;
}): Outcome {
  const result = { name: 'starts', state, ...(details === undefined ? {} : { details }) };
  return { title: 'database', results: [result], durationMs: performance.now() - started };
}
