import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSource, type Source } from './source.ts';

/** The repository as the rules see it: every file of ours, with text where it is text. Paths are relative, with `/`. */
export interface Tree {
  readonly paths: readonly string[];
  readonly sources: readonly Source[];
  /** A file's text, or undefined when there is none. */
  read(path: string): string | undefined;
}

const ignored = new Set([
  'node_modules',
  '.git',
  '.sallyport',
  'dist',
  'coverage',
  '.sallyport-install.lock',
]);
const binary = /\.(?:png|ico|woff2|gz|zip|pem|der|bin)$/;

/** Reads the tree below `root`, without what git ignores. */
export function readTree(root: string): Tree {
  const paths = walk(root, '').toSorted();
  const texts = new Map<string, string>();
  const read = (path: string): string | undefined => {
    const known = texts.get(path);
    if (known !== undefined) return known;
    if (binary.test(path) || !existsSync(join(root, path))) return undefined;
    const text = readFileSync(join(root, path), 'utf8');
    texts.set(path, text);
    return text;
  };
  const sources = paths.filter(isSource).map((path) => readSource(path, read(path) ?? ''));
  return { paths, sources, read };
}

/** A tree made of texts, for the tests of the rules. */
export function treeOf(files: Readonly<Record<string, string>>): Tree {
  const paths = Object.keys(files).toSorted();
  const read = (path: string): string | undefined => (Object.hasOwn(files, path) ? files[path] : undefined);
  return { paths, sources: paths.filter(isSource).map((path) => readSource(path, read(path) ?? '')), read };
}

function isSource(path: string): boolean {
  return /\.(?:ts|mts|mjs|tsx)$/.test(path);
}

function walk(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (ignored.has(entry.name) || /^\.env(?:$|\.)|\.log$/.test(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return walk(root, path);
    return entry.isFile() ? [path] : [];
  });
}
