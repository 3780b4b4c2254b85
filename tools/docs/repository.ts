import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Markdown, readMarkdown } from './markdown.ts';

/** The root of the repository. */
export const root = resolve(import.meta.dirname, '../..');

const PLACES = 'gateway|packages|tools|docs|cli|demo|bench|oracles|vectors|console';
const PATH = new RegExp(`(?<![\\w./:@-])(?:(?:${PLACES})/[\\w./*{},-]*[\\w*/}]|\\.ci/run\\b)`, 'g');

/** Every document of the repository that a person reads, in order. */
export function documentsOf(): readonly Markdown[] {
  return globSync(
    ['*.md', 'docs/**/*.md', '{gateway,cli,demo,bench,oracles,tools}/*.md', 'packages/*/*.md'],
    {
      cwd: root,
      exclude: ['**/node_modules/**'],
    },
  )
    .toSorted()
    .map((path) => readMarkdown(path, readFileSync(join(root, path), 'utf8')));
}

/** The paths of the repository that a document names, wherever they stand in it, with their line. */
export function pathsNamedIn({ text }: Markdown): readonly { path: string; line: number }[] {
  return text
    .split('\n')
    .flatMap((content, index) => [...content.matchAll(PATH)].map(([path]) => ({ path, line: index + 1 })));
}

/** Whether a file, a folder or at least one match of a pattern is there. */
export function isThere(path: string): boolean {
  return /[*{]/.test(path) ? globSync(path, { cwd: root }).length > 0 : existsSync(join(root, path));
}

/** What a relative link of a document points to, from the root, and its anchor; null for a link elsewhere. */
export function targetOf(document: Markdown, link: string): { path: string; anchor: string | null } | null {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return null;
  const [path = '', anchor] = link.split('#', 2);
  return {
    path: path === '' ? document.path : join(dirname(document.path), path),
    anchor: anchor ?? null,
  };
}
