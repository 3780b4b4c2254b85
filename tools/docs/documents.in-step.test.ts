// What the documents name is there: links and anchors, files, commands and options, error codes, limits, settings, and
// every practice of the five pages; a practice that is said to hold names a test.
import assert from 'node:assert/strict';
import test from 'node:test';
import { createProgram } from '../../cli/src/main.ts';
import { ALL_SETTINGS, FAULTS, FILE_VARIABLE, INSECURITIES, LIMITS } from '../../gateway/src/base/index.ts';
import * as sdk from '../../packages/sdk/src/index.ts';
import { type CommandWords, wrongCalls } from './command-words.ts';
import { readMarkdown } from './markdown.ts';
import { practiceIds } from './practice-ids.ts';
import { documentsOf, isThere, pathsNamedIn, targetOf } from './repository.ts';

const documents = documentsOf();
const ours = documents.filter(({ path }) => /^(?:[^/]+|docs\/.+)\.md$/.test(path));
const named = (path: string) => {
  const found = documents.find((document) => document.path === path);
  assert.ok(found !== undefined, `${path} is missing`);
  return found;
};
const none = (findings: readonly string[]) => assert.deepEqual(findings, []);

test('the documents of a repository are all there', () => {
  const expected = ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md'];
  for (const path of [...expected, 'docs/platforms.md', 'docs/operations.md', 'docs/practices.md'])
    named(path);
});

test('every link between documents leads to a file, and to a heading of it', () => {
  none(
    documents.flatMap((document) =>
      document.links.flatMap(({ text, line }) => {
        const target = targetOf(document, text);
        if (target === null) return [];
        const at = `${document.path}:${line} ${text}`;
        if (!isThere(target.path)) return [`${at}: no such file`];
        const anchors = documents.find(({ path }) => path === target.path)?.anchors;
        return target.anchor === null || anchors?.has(target.anchor) === true
          ? []
          : [`${at}: no such heading`];
      }),
    ),
  );
});

test('every file that a document names is there', () => {
  none(
    documents.flatMap((document) =>
      pathsNamedIn(document)
        .filter(({ path }) => !isThere(path))
        .map(({ path, line }) => `${document.path}:${line} ${path}: no such file`),
    ),
  );
});

test('every command and option that a document names is one of the program', () => {
  const program = wordsOf(createProgram());
  none(
    documents.flatMap(({ path, code }) =>
      code.flatMap(({ text, line }) => wrongCalls(program, text).map((wrong) => `${path}:${line} ${wrong}`)),
    ),
  );
});

test('every error code, limit and variable of the gateway that our documents name exists', () => {
  const codes = new Set([...Object.keys(FAULTS), ...Object.keys(INSECURITIES)]);
  const variables = new Set(
    ALL_SETTINGS.flatMap(({ variables: own, isSecret }) =>
      own.flatMap((name) => (isSecret ? [name, `${name}_FILE`] : [name])),
    ),
  );
  const isKnown = (word: string): boolean => {
    if (/^SALLYPORT_|^DATABASE_/.test(word))
      return variables.has(word) || word === FILE_VARIABLE || OF_TESTS.has(word) || codes.has(word);
    if (/^[A-Z]+(?:_[A-Z]+)+$/.test(word))
      return codes.has(word) || OF_TERMINALS.has(word) || word.startsWith('SDK_');
    return Object.hasOwn(LIMITS, word);
  };
  none(
    ours.flatMap(({ path, code }) =>
      code.flatMap(({ text, line }) =>
        [...text.matchAll(NAMES)]
          .filter(([word]) => !isKnown(word))
          .map(([word]) => `${path}:${line} ${word} is no error code, variable or limit`),
      ),
    ),
  );
});

test('what an application imports in our documents is exported', () => {
  none(
    ours.flatMap(({ path, text }) =>
      [...text.matchAll(/import \{([^}]+)\} from '@sallyport\/sdk'/g)].flatMap((match) =>
        (match[1] ?? '')
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '' && !Object.hasOwn(sdk, name))
          .map((name) => `${path}: ${name} is not exported by the SDK`),
      ),
    ),
  );
});

test('docs/practices.md has every practice and no other', () => {
  const found = new Set(
    named('docs/practices.md').rows.flatMap(({ cells }) => (cells[0] ?? '').match(/\b[KULPQ]\d+\b/g) ?? []),
  );
  assert.deepEqual([...found].toSorted(), [...practiceIds].toSorted());
});

test('a practice says how far it is: what holds names a test, and what is partly there says what is missing', () => {
  const { rows, path } = named('docs/practices.md');
  none(
    rows.flatMap(({ cells, line }) => {
      const [practice = '', state = '', today = '', missing = '', shownBy = ''] = cells;
      const at = `${path}:${line} ${practice.split(':')[0] ?? ''}`;
      if (!['yes', 'partly', 'not yet'].includes(state))
        return [`${at}: says neither yes, partly nor not yet`];
      if (state === 'yes' && !/\.test\.ts`/.test(shownBy))
        return [`${at}: is said to hold, and names no test`];
      if (state !== 'not yet' && today === '') return [`${at}: does not say what is there`];
      return state === 'partly' && missing === '' ? [`${at}: does not say what is missing`] : [];
    }),
  );
});

test('a document that is out of step is found', () => {
  const document = readMarkdown(
    'docs/made-up.md',
    '# A `b` & c\n\n[x](nowhere.md) `gateway/src/nothing.ts` [y](#a-b--c)\n\n| h | i |\n| --- | --- |\n| a | b \\| c |\n\n```sh\nsallyport kyes list\n```\n',
  );
  assert.deepEqual([...document.anchors], ['a-b--c']);
  assert.deepEqual(document.rows, [{ cells: ['a', 'b \\| c'], line: 7 }]);
  assert.deepEqual(
    document.links.map(({ text }) => isThere(targetOf(document, text)?.path ?? '')),
    [false, false],
  );
  assert.deepEqual(pathsNamedIn(document), [{ path: 'gateway/src/nothing.ts', line: 3 }]);
  const keys = { name: 'keys', commands: [{ name: 'list', commands: [], options: ['--json'] }], options: [] };
  const program = { name: 'sallyport', commands: [keys], options: [] };
  const wrong = (text: string) => wrongCalls(program, text);
  assert.deepEqual(wrong('sallyport kyes list'), ['sallyport kyes: there is no such command']);
  assert.deepEqual(wrong('sallyport keys lst'), ['sallyport keys lst: there is no such command']);
  assert.deepEqual(wrong('sallyport keys list key_1 --jason'), ['sallyport keys list has no option --jason']);
  assert.deepEqual(wrong('sallyport keys list --json; sallyport keys'), []);
});

/** Variables that tests read, and not the gateway. */
/** Variables that terminals and their programs share. https://no-color.org */
const OF_TERMINALS: ReadonlySet<string> = new Set(['NO_COLOR']);
const OF_TESTS: ReadonlySet<string> = new Set(['SALLYPORT_VECTORS', 'SALLYPORT_KEY']);
const NAMES = /(?<![\w.$/-])(?:[A-Z]+(?:_[A-Z]+)+|[a-z]+(?:[A-Z][a-z]+)+(?:Max|Ms|Seconds))(?![\w*/])/g;

interface CommandLike {
  name(): string;
  readonly commands: readonly CommandLike[];
  readonly options: readonly { readonly long?: string | undefined }[];
}

/** The program by name. `--json` and `--help` go with every command. */
function wordsOf(command: CommandLike): CommandWords {
  return {
    name: command.name(),
    commands: command.commands.map(wordsOf),
    options: ['--help', '--json', ...command.options.map(({ long }) => long ?? '')],
  };
}
