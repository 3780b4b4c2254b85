import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Outcome, Result } from '../check/tally.ts';
import { canaryNames, canaryValue } from './canaries.ts';
import { formsOf } from './forms.ts';
import { search } from './search.ts';

/**
 * Searches everything that a run wrote for the secrets and personal data that its tests used. Names file, canary and form, never the
 * value. In a `whole` run at least one canary must have been planted. Beside the run's files lie probes with each form of each canary,
 * and the same search must find all of them: one that can't find anything proves nothing.
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
  const probes = await writeProbes(directory, values);
  const searched = await search({ directory, values });
  await probes.remove();
  const found = new Set(searched.leaks.filter(({ file }) => probes.has(file)).map(({ file }) => file)).size;
  const leaks = searched.leaks.filter(({ file }) => !probes.has(file));
  const size = `${searched.files - probes.count} files, ${((searched.bytes - probes.bytes) / 2 ** 20).toFixed(0)} MiB, ${planted.length} of ${canaryNames.length} canaries planted`;
  const results: Result[] = [
    found === probes.count
      ? { name: `the search finds all ${probes.count} planted forms`, state: 'passed' }
      : {
          name: 'the search finds every planted form',
          state: 'failed',
          details: `${found} of ${probes.count} found`,
        },
  ];
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

interface Probes {
  readonly count: number;
  readonly bytes: number;
  has(file: string): boolean;
  remove(): Promise<void>;
}

/** Every form of every canary, each in a file of its own. */
async function writeProbes(directory: string, values: ReadonlyMap<string, string>): Promise<Probes> {
  const folder = await mkdtemp(join(directory, 'probe-'));
  let count = 0;
  let bytes = 0;
  for (const [name, value] of values) {
    for (const [index, form] of formsOf(value).entries()) {
      const content = Buffer.concat([Buffer.alloc(4091, 0xa5), form.bytes, Buffer.alloc(7)]);
      await writeFile(join(folder, `${name}-${index}`), content);
      count += 1;
      bytes += content.length;
    }
  }
  const prefix = `${basename(folder)}/`;
  return {
    count,
    bytes,
    has: (file) => file.startsWith(prefix),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
