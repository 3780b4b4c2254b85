import { isBuiltin } from 'node:module';
import { dirname, normalize } from 'node:path/posix';
import { type Manifest, readManifest } from '../manifest.ts';
import { isTestSupport, isUpkeep, workspaceOf } from '../places.ts';
import type { Finding, Rule } from '../rule.ts';
import type { Tree } from '../tree.ts';

/** What is imported is declared where it is imported, and no relative path leaves a workspace. */
export const packageImports: Rule = {
  name: 'package-imports',
  check(tree) {
    return tree.sources.flatMap((source) => {
      const { path } = source;
      const workspace = workspaceOf(path);
      const known = declared(tree, path, workspace);
      return source.imports.flatMap(({ specifier, line, typeOnly }): readonly Finding[] => {
        const finding = (what: string, remedy: string): readonly Finding[] => [{ path, line, what, remedy }];
        if (specifier.startsWith('.')) {
          const target = normalize(`${dirname(path)}/${specifier}`);
          const canaries = isTestSupport(path) && target.startsWith('tools/leaks/');
          const leaves = workspaceOf(target) !== workspace && !(isUpkeep(path) && isUpkeep(target));
          const reaches = workspace === '' && workspaceOf(target) !== '';
          if ((leaves && !canaries && !isUpkeep(path)) || (reaches && !isUpkeep(path))) {
            return finding(`${specifier} leaves the workspace`, 'import the package by its name');
          }
          return [];
        }
        if (specifier.startsWith('#') || specifier.startsWith('node:')) return [];
        if (isBuiltin(specifier))
          return finding(`${specifier} is a built-in module`, `write node:${specifier}`);
        const name = specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/');
        if (known.has(name) || (typeOnly && known.has(`@types/${name}`))) return [];
        return finding(
          `${name} is not declared here`,
          `declare it in ${workspace === '' ? '' : `${workspace}/`}package.json`,
        );
      });
    });
  },
};

function declared(tree: Tree, path: string, workspace: string): ReadonlySet<string> {
  const own = readManifest(tree, workspace);
  const names = new Set<string>(own === undefined ? [] : [...listed(own), own.name]);
  if (isTestSupport(path) || isUpkeep(path)) {
    for (const name of [...(own?.development ?? []), ...(readManifest(tree, '')?.development ?? [])])
      names.add(name);
  }
  return names;
}

function listed({ runtime, optional }: Manifest): readonly string[] {
  return [...runtime, ...optional];
}
