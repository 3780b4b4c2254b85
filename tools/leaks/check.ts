import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome, Result } from '../check/tally.ts';
import { canaryNames, canaryValue } from './canaries.ts';
import { formsOf } from './forms.ts';
import { search } from './search.ts';

/**
 * Searches everything that a run wrote for the secrets and personal data that its tests used. Names file, canary and form, never the
 * value. In a `whole` run at least one canary must have been planted, and the search must find each form of each one in a probe of
 * its own: a check that can't find anything proves nothing.
 * @example const outcome = await checkLeaks({ directory: run, whole: true });
 */
export async function checkLeaks({
  directory,
  whole,
}: {
  readonly directory: string;
  readonly whole: boolean;
}): Promise<Outcome> {
  const started = performance.now();
  const values = new Map<string, string>(canaryNames.map((name) => [name, canaryValue(name)]));
  const planted = await plantedIn(directory);
  const { leaks, files, bytes } = await search({ directory, values });
  const size = `${files} files, ${(bytes / 2 ** 20).toFixed(0)} MiB, ${planted.length} of ${canaryNames.length} canaries planted`;
  const results: Result[] = [await probe(directory, values)];
  if (leaks.length > 0) {
    const lines = leaks.map(
      ({ file, offset, canary, form }) => `${file}, byte ${offset}: canary ${canary}, ${form}`,
    );
    results.push({ name: `no secret in ${size}`, state: 'failed', details: lines.join('\n') });
  } else if (planted.length > 0) {
    results.push({ name: `no secret in ${size}`, state: 'passed' });
  } else if (whole) {
    results.push({
      name: `no secret in ${size}`,
      state: 'skipped',
      details: 'no test used a canary, so there was nothing to find',
    });
  }
  return { title: `leaks: ${size}`, results, durationMs: performance.now() - started };
}

async function plantedIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(directory, 'planted'))).filter((name) =>
      canaryNames.some((known) => known === name),
    );
  } catch {
    return [];
  }
}

/** Writes every form of every canary to a folder of its own and counts how many are found again. */
async function probe(directory: string, values: ReadonlyMap<string, string>): Promise<Result> {
  const folder = await mkdtemp(join(directory, 'probe-'));
  try {
    let wanted = 0;
    for (const [name, value] of values) {
      for (const [index, { bytes }] of formsOf(value).entries()) {
        await writeFile(
          join(folder, `${name}-${index}`),
          Buffer.concat([Buffer.alloc(4091, 0xa5), bytes, Buffer.alloc(7)]),
        );
        wanted += 1;
      }
    }
    const { leaks } = await search({ directory: folder, values });
    const found = new Set(leaks.map(({ file }) => file)).size;
    if (found === wanted) return { name: `the search finds all ${wanted} planted forms`, state: 'passed' };
    return {
      name: 'the search finds every planted form',
      state: 'failed',
      details: `${found} of ${wanted} found`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
