// Every status that an operation is described to answer with is shown by a test in the operation's folder, but for those that
// are proven for all operations in one place; and no folder or file is about what there isn't.
// K16 K19; style "HTTP tests one file per status", "every code is documented, by test".
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readOpenApi } from '#test/described';
import { gapsOf, PROVEN_FOR_ALL, ROUTE_FOLDERS } from './folders.fixture.ts';

const document = await readOpenApi();
const entries = await readdir(import.meta.dirname, { recursive: true });
const files = entries.filter((path) => path.includes('/') && path.endsWith('.test.ts')).toSorted();

test('every operation has its folder, every described status its file, and nothing is left over', () => {
  const gaps = gapsOf({ document, folders: ROUTE_FOLDERS, files });
  assert.equal(gaps.length, 0, `\n${gaps.join('\n')}\nHow: CONTRIBUTING.md, "A route".\n`);
});

test('folders hold nothing else', async () => {
  const folders = entries.filter((path) => !path.includes('/') && !path.includes('.'));
  assert.deepEqual(folders.toSorted(), [...new Set(Object.values(ROUTE_FOLDERS))].toSorted());
  assert.ok(files.length > 150);
});

test('what is proven for all is proven where the table says', async () => {
  const described = JSON.stringify(document.paths);
  for (const [code, file] of Object.entries(PROVEN_FOR_ALL)) {
    if (!described.includes(`\`${code}\``)) continue;
    const text = await readFile(new URL(`../${file}`, import.meta.url), 'utf8').catch(() => '');
    assert.ok(
      text.includes(`'${code}'`),
      `gateway/src/http/${file} does not show ${code} for all operations`,
    );
  }
});

test('a gap is told with the file to write', () => {
  const operation = (operationId: string, responses: Record<string, string>) => ({
    operationId,
    summary: '',
    security: [],
    parameters: [],
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, description]) => [status, { description }]),
    ),
  });
  const paths = {
    '/a': {
      get: operation('getA', { 200: 'Done.', 404: '`KEY_NOT_FOUND`: x `BUSY`: y', 500: '`INTERNAL`: x' }),
    },
    '/b': { get: operation('getB', { 200: 'Done.' }) },
  };
  const given = ['a/200.x.test.ts', 'a/409.x.test.ts', 'c/200.x.test.ts'];
  assert.deepEqual(gapsOf({ document: { paths }, folders: { getA: 'a', getC: 'c' }, files: given }), [
    'getB has no folder: add a row to routes/folders.fixture.ts, and its files',
    'getA answers 404 (KEY_NOT_FOUND), and no test shows when: write routes/a/404.<guarantee>.test.ts',
    'getC is no operation of docs/openapi.json: take it out of routes/folders.fixture.ts',
    'routes/a/409.x.test.ts is about a status that its operation is not described to answer with',
    'routes/c/200.x.test.ts lies in the folder of no operation',
  ]);
});
