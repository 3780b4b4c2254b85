import { isTest } from '../places.ts';
import type { Finding, Rule } from '../rule.ts';

const linesMax = 400;
const forbiddenFolders: readonly string[] = Object.freeze([
  'utils',
  'util',
  'helpers',
  'lib',
  'common',
  'services',
  'types',
  'misc',
  'shared',
]);
/** Generated texts and texts of others, which no rule about our own writing can bind. */
const foreign = /(?:^|\/)(?:package-lock\.json|LICENSE|openapi\.json)$|(?:^|\/)vectors\/|(?:^|\/)testdata\//;
const unfinishedWords = /\b(?:TODO|FIXME|XXX|HACK)\b/;
const machinePaths = /(?<![\w.:/-])\/(?:work|root|home|Users)\/[\w.-]+/;

/** One concept per file: past 400 lines it is two. */
export const fileLength: Rule = {
  name: 'file-length',
  check({ sources }) {
    return sources.flatMap(({ path, text }): readonly Finding[] => {
      const lines = text.split('\n').length - 1;
      if (lines <= linesMax) return [];
      return [
        {
          path,
          line: linesMax + 1,
          what: `has ${lines} lines, over ${linesMax}`,
          remedy: 'it holds two concepts: part them',
        },
      ];
    });
  },
};

/** Nothing half done is left behind in a comment. */
export const unfinished: Rule = {
  name: 'unfinished',
  check({ sources }) {
    return sources.flatMap(({ path, comments, lineOf }) =>
      comments.flatMap(({ text, offset }): readonly Finding[] => {
        const match = unfinishedWords.exec(text);
        if (match === null) return [];
        return [
          {
            path,
            line: lineOf(offset + match.index),
            what: `${match[0]} in a comment`,
            remedy: 'do it, or open an issue',
          },
        ];
      }),
    );
  },
};

/** Folders are nouns of the field. */
export const folderNames: Rule = {
  name: 'folder-names',
  check({ paths }) {
    const folders = new Set(
      paths.flatMap((path) =>
        path
          .split('/')
          .slice(0, -1)
          .map((_, depth, all) => all.slice(0, depth + 1).join('/')),
      ),
    );
    return [...folders]
      .filter((folder) => forbiddenFolders.includes(folder.split('/').at(-1) ?? ''))
      .map((path) => ({
        path,
        line: 0,
        what: 'says nothing',
        remedy: 'name the folder after what it holds',
      }));
  },
};

/** No path of somebody's machine. */
export const machinePathsRule: Rule = {
  name: 'machine-paths',
  check({ paths, read }) {
    return paths
      .filter((path) => !foreign.test(path))
      .flatMap((path) =>
        (read(path) ?? '').split('\n').flatMap((text, index): readonly Finding[] => {
          const match = machinePaths.exec(text);
          if (match === null) return [];
          return [
            {
              path,
              line: index + 1,
              what: `${match[0]} is a path of one machine`,
              remedy: 'write it relative, or as <folder>',
            },
          ];
        }),
      );
  },
};

/** A test opens with the sentence that must hold, is named after it, and none runs alone. */
export const tests: Rule = {
  name: 'tests',
  check({ sources, paths }) {
    const findings: Finding[] = [];
    for (const path of paths) {
      const name = path.split('/').at(-1) ?? '';
      if (/\.(?:test|spec)\.[cm]?[jt]sx?$/.test(name) && !/^[a-z0-9-]+\.[a-z0-9-]+\.test\.ts$/.test(name)) {
        findings.push({
          path,
          line: 0,
          what: 'is not named <thing>.<guarantee>.test.ts',
          remedy: 'rename it',
        });
      }
    }
    for (const { path, text, code, comments, lineOf } of sources) {
      if (isTest(path) && !(comments[0]?.offset === 0 && /\w+ \w+ \w+/.test(comments[0].text))) {
        const what = 'does not open with a comment';
        findings.push({ path, line: 1, what, remedy: 'say in one sentence what must hold' });
      }
      for (const match of code.matchAll(/\b(?:test|it|describe|suite)\s*\.\s*only\b|\bonly\s*:\s*true\b/g)) {
        findings.push({ path, line: lineOf(match.index), what: 'runs alone', remedy: 'remove .only' });
      }
      if (isTest(path) && text.trim() === '')
        findings.push({ path, line: 1, what: 'is empty', remedy: 'remove it' });
    }
    return findings;
  },
};
