import { readdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

/** Where tests lie. */
export const testRoots = Object.freeze(['packages', 'gateway', 'cli', 'demo', 'tools']);

const skipped = new Set(['node_modules', '.sallyport', 'dist', 'coverage']);

/** Every test file below `root`, as paths relative to it with `/`, sorted. */
export function findTestFiles(root: string): readonly string[] {
  return testRoots.flatMap((folder) => walk(root, folder)).toSorted();
}

/**
 * The test files that the paths name: a file, a folder, or the beginning of a file's name.
 * @example selectTestFiles({ files, paths: ['gateway/src/base'], root })
 */
export function selectTestFiles({
  files,
  paths,
  root,
}: {
  readonly files: readonly string[];
  readonly paths: readonly string[];
  readonly root: string;
}): readonly string[] {
  const wanted = paths.map((path) => relative(root, resolve(root, path)).split(sep).join('/'));
  return files.filter((file) => wanted.some((path) => path === '' || file === path || file.startsWith(path)));
}

function walk(root: string, folder: string): readonly string[] {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch {
    return []; // a workspace that does not exist yet
  }
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(root, path);
    return entry.isFile() && entry.name.endsWith('.test.ts') ? [path] : [];
  });
}
