// Every generated document in the repository is what the code says, and every dependency is named with its reason.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { ALL_SETTINGS, FAULTS, INSECURITIES, LIMITS } from '../../gateway/src/base/index.ts';
import { table } from './document.ts';
import { documents } from './documents.ts';
import { staleDocuments } from './generate.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('the committed documents equal the generated ones; run node tools/generate/generate.ts otherwise', async () => {
  assert.deepEqual(await staleDocuments(), []);
});

test('documents have paths of their own, inside the repository', () => {
  const paths = documents.map((document) => document.path);
  assert.equal(new Set(paths).size, paths.length);
  for (const path of paths) assert.match(path, /^[\w/-]+\.\w+$/);
});

test('docs/errors.md has a section for every code and no other', () => {
  const sections = [...read('docs/errors.md').matchAll(/^## (.+)$/gm)].map((match) => match[1]);
  assert.deepEqual(sections, Object.keys(FAULTS).sort());
});

test('docs/config.md names every setting, variable, limit and insecurity', () => {
  const text = read('docs/config.md');
  for (const { name, variables } of ALL_SETTINGS) {
    for (const word of [name, ...variables]) assert.ok(text.includes(`\`${word}\``), word);
  }
  for (const name of Object.keys(LIMITS)) assert.ok(text.includes(`\`limits.${name}\``), name);
  for (const name of Object.keys(INSECURITIES)) assert.ok(text.includes(`\`${name}\``), name);
});

test('docs/dependencies.md names every dependency of every package, once and in order, and nothing else', () => {
  // What is named for the bench or the oracles alone gives no leave to the product.
  const [product = '', bench = '', oracles = '', ...rest] = read('docs/dependencies.md').split(
    /\n## (?:Bench|Oracles) only\n/,
  );
  assert.deepEqual(rest, []);
  const ours = globSync(['package.json', '{gateway,cli,demo}/package.json', 'packages/*/package.json'], {
    cwd: root,
  });
  for (const [text, manifests] of [
    [product, ours],
    [bench, ['bench/package.json']],
    [oracles, ['oracles/package.json']],
  ] as const) {
    const wanted = new Set(manifests.flatMap((manifest) => dependenciesOf(JSON.parse(read(manifest)))));
    const named = [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
    assert.deepEqual(named, [...wanted].sort());
  }
});

test('every dependency has an exact version', () => {
  for (const manifest of globSync(
    ['package.json', '{gateway,cli,demo,bench,oracles}/package.json', 'packages/*/package.json'],
    { cwd: root },
  )) {
    for (const version of versionsOf(JSON.parse(read(manifest))))
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, manifest);
  }
});

test('a table survives bars and line ends in its cells', () => {
  assert.equal(table(['a', 'b'], [['x|y', 'one\n two']]), '| a | b |\n| --- | --- |\n| x\\|y | one two |');
});

/** Dependencies of others; our own workspaces need no reason. */
function dependenciesOf(manifest: unknown): string[] {
  return entriesOf(manifest)
    .map(([name]) => name)
    .filter((name) => !name.startsWith('@sallyport/'));
}

function versionsOf(manifest: unknown): string[] {
  return entriesOf(manifest).map(([, version]) => String(version));
}

function entriesOf(manifest: unknown): [string, unknown][] {
  const groups = new Map<string, unknown>(Object.entries(Object(manifest)));
  return ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].flatMap((group) =>
    Object.entries(Object(groups.get(group) ?? {})),
  );
}
