import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Leak, type ScanResult, type Share, scan } from './scan.ts';
import { walk } from './walk.ts';

const searchLimits = Object.freeze({ threadsMax: 8, filesPerThreadMin: 256 });

/**
 * Searches every file below `directory`, whatever it is, for each value in every form; a tree of many files by several threads.
 * @example await search({ directory: run, values: new Map([['password', 'hunter2hunter2']]) })
 */
export async function search({
  directory,
  values,
  threads = Math.min(searchLimits.threadsMax, availableParallelism()),
}: {
  readonly directory: string;
  readonly values: ReadonlyMap<string, string>;
  readonly threads?: number;
}): Promise<ScanResult> {
  const files = [...walk(directory)];
  const count = Math.max(1, Math.min(threads, Math.ceil(files.length / searchLimits.filesPerThreadMin)));
  // Dealt out one by one: big files lie beside each other.
  const shares = Array.from({ length: count }, (_, thread) => ({
    files: files.filter((__, index) => index % count === thread),
    values,
  }));
  const results = count === 1 ? shares.map(scan) : await Promise.all(shares.map(scanInThread));
  return {
    leaks: results.flatMap(({ leaks }): readonly Leak[] => leaks),
    files: sum(results.map((result) => result.files)),
    bytes: sum(results.map((result) => result.bytes)),
  };
}

async function scanInThread(share: Share): Promise<ScanResult> {
  const worker = new Worker(new URL('./scan-worker.ts', import.meta.url));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- to another thread, not to a window
  worker.postMessage(share);
  return await new Promise((resolve, reject) => {
    worker.once('message', (result: ScanResult) => resolve(result));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a thread of the search ended without an answer')));
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
