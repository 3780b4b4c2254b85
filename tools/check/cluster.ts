import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkLimits } from './limits.ts';
import type { Outcome } from './tally.ts';

/** The database server that test files share; `url` is absent when there is none to start. */
export interface Cluster {
  readonly url?: string;
  readonly outcome?: Outcome;
  stop(): Promise<void>;
}

/**
 * Starts the shared server that `gateway/test/cluster.ts` knows how to start, under the run directory, so that its pages and its
 * write-ahead log lie before the leak check afterwards.
 */
export async function startCluster({
  root,
  run,
}: {
  readonly root: string;
  readonly run: string;
}): Promise<Cluster> {
  const module = join(root, 'gateway', 'test', 'cluster.ts');
  if (!existsSync(module)) return { stop: async () => {} };
  const started = performance.now();
  process.env['SALLYPORT_TEST_RUN_DIR'] = run;
  process.env['TMPDIR'] = join(run, 'tmp');
  try {
    const face: unknown = await import(pathToFileURL(module).href);
    const cluster = await withLimit(start(face));
    return {
      url: cluster.url,
      outcome: outcome({ state: 'passed', started }),
      stop: cluster.stop,
    };
  } catch (error) {
    const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { outcome: outcome({ state: 'failed', started, details }), stop: async () => {} };
  }
}

async function start(face: unknown): Promise<{ url: string; stop(): Promise<void> }> {
  if (
    typeof face !== 'object' ||
    face === null ||
    !('startTestCluster' in face) ||
    typeof face.startTestCluster !== 'function'
  ) {
    throw new TypeError('gateway/test/cluster.ts does not export startTestCluster');
  }
  const cluster: unknown = await face.startTestCluster();
  if (
    typeof cluster !== 'object' ||
    cluster === null ||
    !('url' in cluster) ||
    typeof cluster.url !== 'string'
  ) {
    throw new TypeError('startTestCluster did not return { url, stop }');
  }
  if (!('stop' in cluster) || typeof cluster.stop !== 'function')
    throw new TypeError('startTestCluster did not return { url, stop }');
  const { stop } = cluster;
  return {
    url: cluster.url,
    async stop() {
      await stop.call(cluster);
    },
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
