import type { Tree } from './tree.ts';

/** The names that one package.json declares, and the versions they are declared with. */
export interface Manifest {
  readonly path: string;
  readonly name: string;
  readonly runtime: readonly string[];
  readonly development: readonly string[];
  readonly optional: readonly string[];
  readonly versions: ReadonlyMap<string, string>;
}

/** The manifest of a workspace ('' is the root), or undefined when there is none. */
export function readManifest(tree: Tree, workspace: string): Manifest | undefined {
  const path = workspace === '' ? 'package.json' : `${workspace}/package.json`;
  const text = tree.read(path);
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  const runtime = entries(value, 'dependencies');
  const development = entries(value, 'devDependencies');
  const optional = entries(value, 'optionalDependencies');
  const peers = entries(value, 'peerDependencies');
  return {
    path,
    name: nameOf(value),
    runtime: runtime.map(([name]) => name),
    development: development.map(([name]) => name),
    optional: optional.map(([name]) => name),
    versions: new Map([...runtime, ...development, ...optional, ...peers]),
  };
}

/** Every manifest of the repository. */
export function readManifests(tree: Tree): readonly Manifest[] {
  return tree.paths
    .filter((path) => /(?:^|\/)package\.json$/.test(path) && !/(?:^|\/)(?:testdata|test)\//.test(path))
    .map((path) => readManifest(tree, path.replace(/\/?package\.json$/, '')))
    .filter((manifest) => manifest !== undefined);
}

function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
    ? value.name
    : '';
}

function entries(value: unknown, field: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  const list: unknown = Object.entries(value).find(([name]) => name === field)?.[1];
  if (typeof list !== 'object' || list === null) return [];
  return Object.entries(list).map(([name, version]) => [name, String(version)] as const);
}
