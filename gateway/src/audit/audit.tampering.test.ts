// Nobody who acts as the gateway can change or delete an entry; whoever owns the tables can, and the offline verifier says
// which entry it was, given the key and a checkpoint that had left the machine. K23 L16 U12; trap "A bare hash chain does
// not show a cut tail".
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeEntry, leafHash, type Problem, parseEntry } from '@sallyport/evidence';
import type { Client } from 'pg';
import { fileCheckpointSink } from '#audit';
import { type EnvironmentId, Fault, type Secret } from '#base';
import {
  act,
  asOwner,
  newEnvironment,
  recorded,
  temporaryFolder,
  verified,
  withLog,
} from './audit.fixture.ts';

const TABLES = ['audit_entries', 'audit_checkpoints', 'audit_trees', 'audit_signers', 'audit_pending'];

test('K23 neither role of the gateway can change, delete or empty what the log holds', async (t) => {
  const { audit, url } = await withLog(t);
  const environment = newEnvironment();
  await recorded(audit, environment, 3);
  const forbidden = [
    `update audit_entries set entry = '\\x00'`,
    `update audit_entries set leaf_index = leaf_index + 1`,
    'delete from audit_entries',
    `update audit_checkpoints set note = 'x'`,
    'delete from audit_checkpoints',
    'delete from audit_trees',
    `update audit_signers set verifier_key = 'x'`,
    'delete from audit_signers',
    `update audit_pending set entry = '\\x00'`,
    ...TABLES.map((table) => `truncate ${table}`),
    ...TABLES.map((table) => `drop table ${table}`),
    ...TABLES.map((table) => `alter table ${table} disable row level security`),
  ];
  const runtimeOnly = [
    'delete from audit_pending',
    `update audit_trees set size = 0`,
    `insert into audit_entries values ('${environment}', 99, '\\x${'00'.repeat(32)}', 'a.b', null, '\\x00')`,
    `insert into audit_checkpoints values ('${environment}', 99, 'x')`,
  ];
  await asOwner(url, async (client) => {
    const denied = async (role: string, text: string): Promise<void> => {
      await client.query(`set role ${role}; set sallyport.environment = '${environment}'`);
      await assert.rejects(client.query(text), { code: '42501' }, `${role}: ${text}`);
      await client.query('reset role');
    };
    for (const text of [...forbidden, ...runtimeOnly]) await denied('sallyport_runtime', text);
    for (const text of forbidden) await denied('sallyport_system', text);
  });
  assert.deepEqual((await verified(audit, environment)).problems, []);
});

/** What somebody did to the table, and how the report names it. */
interface Tampering {
  readonly name: string;
  readonly does: (table: Table) => Promise<void>;
  readonly said: readonly string[];
}

interface Table {
  readonly client: Client;
  readonly environment: EnvironmentId;
  readonly run: (text: string, ...values: unknown[]) => Promise<void>;
}

const SIZE = 12;
const move = (table: Table, from: number, to: number): Promise<void> =>
  table.run(
    'update audit_entries set leaf_index = $2 where environment_id = $1 and leaf_index = $3',
    to,
    from,
  );
const shift = (table: Table, from: number, by: 1 | -1): Promise<void> =>
  table
    .run(
      'update audit_entries set leaf_index = -leaf_index where environment_id = $1 and leaf_index >= $2',
      from,
    )
    .then(() =>
      table.run(
        'update audit_entries set leaf_index = -leaf_index + $2 where environment_id = $1 and leaf_index < 0',
        by,
      ),
    );
const forged = async ({ client, environment }: Table, index: number): Promise<Buffer> => {
  const { rows } = await client.query<{ entry: Buffer }>(
    'select entry from audit_entries where environment_id = $1 and leaf_index = $2',
    [environment, index],
  );
  const entry = parseEntry(rows[0]?.entry ?? Buffer.alloc(0));
  return Buffer.from(encodeEntry({ ...entry, outcome: 'refused' }));
};

const tamperings: readonly Tampering[] = [
  {
    name: 'an entry is changed',
    does: async (table) =>
      table.run(
        'update audit_entries set entry = $2 where environment_id = $1 and leaf_index = 5',
        await forged(table, 5),
      ),
    said: ['changed 5'],
  },
  {
    name: 'an entry and its leaf hash are changed',
    does: async (table) => {
      const entry = await forged(table, 5);
      await table.run(
        'update audit_entries set entry = $2, leaf = $3 where environment_id = $1 and leaf_index = 5',
        entry,
        Buffer.from(leafHash(entry)),
      );
    },
    said: ['leaves-unauthentic 5-6 mismatch'],
  },
  {
    name: 'two entries change places',
    does: async (table) => {
      await move(table, 3, 100);
      await move(table, 8, 3);
      await move(table, 100, 8);
    },
    said: ['leaves-unauthentic'],
  },
  {
    name: 'the texts of two entries change places under their leaf hashes',
    does: (table) =>
      table.run(
        `update audit_entries a set entry = b.entry from audit_entries b
         where a.environment_id = $1 and b.environment_id = $1 and (a.leaf_index, b.leaf_index) in ((3, 8), (8, 3))`,
      ),
    said: ['reordered 3→8', 'reordered 8→3'],
  },
  {
    name: 'an entry is put in',
    does: async (table) => {
      await shift(table, 6, 1);
      const entry = await forged(table, 5);
      await table.run(
        `insert into audit_entries values ($1, 6, $2, 'key.created', null, $3)`,
        Buffer.from(leafHash(entry)),
        entry,
      );
    },
    said: ['leaves-unauthentic'],
  },
  {
    name: 'an entry is deleted and the gap closed, with the newest checkpoint',
    does: async (table) => {
      await table.run('delete from audit_entries where environment_id = $1 and leaf_index = 6');
      await shift(table, 7, -1);
      await table.run('delete from audit_checkpoints where environment_id = $1 and size >= 12');
    },
    said: ['cut-off', 'leaves-unauthentic'],
  },
  {
    name: 'the tail is cut off together with its checkpoints',
    does: async (table) => {
      await table.run('delete from audit_entries where environment_id = $1 and leaf_index >= 10');
      await table.run('delete from audit_checkpoints where environment_id = $1 and size > 10');
    },
    said: ['cut-off 9-11 known'],
  },
];

for (const { name, does, said } of tamperings) {
  test(`K23 L16 tampering in the table is named: ${name}`, async (t) => {
    const directory = await temporaryFolder(t);
    const { audit, url } = await withLog(t, { sinks: [fileCheckpointSink({ directory })] });
    const environment = newEnvironment();
    // The first entry of a log is that of its data key: SIZE entries in all, with a checkpoint at 2, 3, 5, 7, 9, 11 and 12.
    await recorded(audit, environment, 1);
    for (let number = 1; number < SIZE - 1; number += 1) {
      await audit.note(environment, act(number));
      if (number % 2 === 1) await audit.integrate();
    }
    await audit.integrate();
    await audit.stop();
    const known = [await readFile(join(directory, `${environment}.checkpoint`), 'utf8')];
    const honest = await verified(audit, environment, known);
    assert.deepEqual(honest.problems, []);
    assert.equal(honest.entries, SIZE);
    await tamper(url, environment, does);
    const report = await verified(audit, environment, known);
    const texts = report.problems.map(textOf);
    for (const text of said)
      assert.ok(
        texts.some((found) => found.startsWith(text)),
        `${text} in ${texts.join('; ')}`,
      );
    assert.equal(report.ok, false);
  });
}

test('K23 an entry that is deleted stops the export, with its index in the log of the gateway', async (t) => {
  const { audit, url } = await withLog(t);
  const environment = newEnvironment();
  await recorded(audit, environment, SIZE);
  await tamper(url, environment, (table) =>
    table.run('delete from audit_entries where environment_id = $1 and leaf_index = 6'),
  );
  await assert.rejects(
    verified(audit, environment),
    (fault) =>
      fault instanceof Fault && fault.cause instanceof Error && /Entry 6 of/.test(fault.cause.message),
  );
});

async function tamper(
  url: Secret,
  environment: EnvironmentId,
  does: (table: Table) => Promise<void>,
): Promise<void> {
  await asOwner(url, async (client) => {
    for (const table of TABLES) await client.query(`alter table ${table} no force row level security`);
    await client.query('alter table audit_entries drop constraint audit_entries_leaf_index_check');
    const run = async (text: string, ...values: unknown[]): Promise<void> => {
      const { rowCount } = await client.query(text, [environment, ...values]);
      assert.ok(rowCount !== null && rowCount > 0, `nothing was touched: ${text}`);
    };
    await does({ client, environment, run });
  });
}

function textOf(problem: Problem): string {
  switch (problem.kind) {
    case 'changed':
      return `changed ${problem.index}`;
    case 'reordered':
      return `reordered ${problem.index}→${problem.belongsAt}`;
    case 'cut-off':
      return `cut-off ${problem.index}-${problem.through} ${problem.shownBy}`;
    case 'leaves-unauthentic':
      return `leaves-unauthentic ${problem.index}-${problem.through} ${problem.reason}`;
    default:
      return JSON.stringify(problem);
  }
}
