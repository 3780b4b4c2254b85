// Every query of every room, run with everything that it takes of one environment while another one is set, finds and
// changes nothing; those that work across environments are named with their reason, and stay in the tables that
// ARCHITECTURE.md admits. Invariant "Nothing crosses environments". K3 U4 L1 P2 Q2 Q4.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import {
  type EnvironmentId,
  INSTALLATION,
  limitsWith,
  openSecretText,
  type Statement,
  silentLog,
  systemClock,
  type Transaction,
} from '#base';
import { createStore, type Store, sqlStateOf } from '#store';
import { withClient } from '#test/client';
import { afterFile } from '#test/database';
import { fill, WITH_ENVIRONMENT } from '#test/filled';
import { withGateway } from '#test/gateway';
import { type Fact, type StatementCase } from '#test/statement-case';
import { STATEMENT_CASES } from '#test/statement-cases';

const root = fileURLToPath(new URL('../../', import.meta.url));
const source = join(root, 'gateway/src');
const DENIED = '42501';

let store: Store;
let a: EnvironmentId;
let b: EnvironmentId;
let fact: Fact;
const statements = new Map<string, Statement<unknown>>();

before(async () => {
  const one = await withGateway(afterFile);
  const call = withClient(afterFile, one);
  const filled = [await fill(one, call, 'one'), await fill(one, call, 'other')] as const;
  [a, b] = [filled[0].environment, filled[1].environment];
  const url = one.databaseUrl;
  store = await createStore({ url, limits: limitsWith(), log: silentLog, clock: systemClock });
  afterFile.after(() => store.close());
  fact = await factsOf(openSecretText(url), a);
  for (const file of globSync('*/{queries,*-queries}.ts', { cwd: source })) {
    const module: Readonly<Record<string, unknown>> = await import(join(source, file));
    for (const value of Object.values(module)) if (isStatement(value)) statements.set(value.name, value);
  }
});

test('no statement is left out: each that the tree makes is seen here and has its case, and no case is of none', () => {
  const named: string[] = [];
  for (const file of globSync('**/*.ts', { cwd: source })) {
    if (/\.(?:test|fixture)\.ts$/.test(file) || file === 'store/statement.ts') continue;
    // Comments show how it is done.
    const text = readFileSync(join(source, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    const names = [...text.matchAll(/\bstatement\(\s*'([^']+)'/g)].map(([, name = '']) => name);
    assert.equal(
      [...text.matchAll(/\bstatement\(/g)].length,
      names.length,
      `${file}: a name that is no literal`,
    );
    named.push(...names);
  }
  assert.deepEqual([...statements.keys()].toSorted(), named.toSorted());
  assert.deepEqual(Object.keys(STATEMENT_CASES).toSorted(), named.toSorted());
});

test('K3 with another environment set, what one environment knows of itself finds nothing and changes nothing', async () => {
  for (const [name, statement, { values, counts = false }] of cases()) {
    const { not } = caseOf(name);
    if (not?.runtime === 'anyone') continue;
    const outcome = await tried(b, statement, values(fact));
    if (counts) assert.deepEqual([...new Set(Object.values(outcome.rows[0] ?? { none: 0 }))], [0], name);
    // What asks for all environments may be answered with the one that is set, and with no other.
    else if (not === undefined || takesEnvironment(statement)) assert.equal(outcome.touched, 0, name);
    assert.ok(!JSON.stringify(outcome.rows).includes(a), `${name}: it names the other environment`);
  }
});

test('K3 the same with no environment set but the installation’s', async () => {
  for (const [name, statement, { values, not, counts = false }] of cases()) {
    if (not !== undefined || counts) continue;
    assert.equal((await tried(INSTALLATION, statement, values(fact))).touched, 0, name);
  }
});

test('the proof is one: in their own environment the same statements find and change something', async () => {
  let reads = 0;
  let writes = 0;
  for (const [name, statement, { values, not, quiet }] of cases()) {
    if (not !== undefined || quiet !== undefined) continue;
    const outcome = await tried(a, statement, values(fact));
    assert.ok(outcome.touched > 0, `${name} finds nothing of its own`);
    if (isRead(statement)) reads += 1;
    else writes += 1;
  }
  assert.ok(reads >= 30 && writes >= 25, `${reads} reads, ${writes} writes`);
});

test('P2 what works across environments says why, and touches what ARCHITECTURE.md admits and nothing else', async () => {
  const admitted = admittedTables();
  const tables = [...admitted.keys()];
  for (const [name, statement, { values, not, quiet }] of cases()) {
    if (not?.runtime !== 'system') continue;
    assert.ok(not.why.length > 10, name);
    for (const table of tables) {
      if (!new RegExp(`\\b(?:from|join|update|into)\\s+${table}\\b`).test(statement.text)) continue;
      const may = admitted.get(table) ?? '';
      const needed = [
        [`delete from ${table}`, /delete/],
        [`update ${table}`, /update|claim|write|rewrap/],
        [`insert into ${table}`, /insert|write/],
      ] as const;
      const ways = needed.filter(([text]) => statement.text.includes(text)).map(([, way]) => way);
      for (const way of ways.length > 0 ? ways : [/read|claim|write/])
        assert.match(may, way, `${name} and ${table}`);
    }
    const outcome = await tried('system', statement, values(fact));
    if (quiet === undefined) assert.ok(outcome.touched > 0, `${name} finds nothing`);
  }
});

test('L8 what empties tables is refused to every role, and sees nothing as the eraser while the environment lives', async () => {
  for (const [name, statement, { values, not }] of cases()) {
    if (not?.runtime !== 'eraser') continue;
    for (const scope of [a, b, 'system'] as const) {
      if (scope !== b && MAY_DELETE[scope === a ? 'itself' : 'system'].includes(name)) continue;
      assert.equal((await tried(scope, statement, values(fact))).touched, 0, name);
    }
    const touched = await store
      .erase(a, (tx) => tx.run(statement, values(fact)))
      .catch((thrown: unknown) => refused(thrown, name));
    assert.equal(touched, 0, name);
  }
});

/** Rows that an environment deletes itself (a connection, a token, a secret that is replaced), or that have had their time. */
const MAY_DELETE: Readonly<Record<'itself' | 'system', readonly string[]>> = Object.freeze({
  itself: [
    'connections.erase_connections',
    'connections.erase_platform_tokens',
    'delivery.erase_secrets',
    'ingest.erase_endpoint_secrets',
    'ingest.erase_event_confirmations',
  ],
  system: [
    'access.erase_bearer_tokens',
    'access.erase_key_callers',
    'access.erase_rotation_answers',
    'ingest.erase_event_keys',
    'access.erase_seen_signatures',
    'audit.erase_audit_pending',
    'ingest.erase_endpoint_callers',
    'ingest.erase_endpoint_counts',
    'store.erase_changes',
  ],
});

interface Outcome {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly touched: number;
}

/** Runs a statement and rolls it back; refused by right or policy counts as nothing touched. */
async function tried(
  scope: EnvironmentId | 'system',
  statement: Statement<unknown>,
  values: readonly unknown[],
): Promise<Outcome> {
  const outcome: { value: Outcome } = { value: { rows: [], touched: 0 } };
  const rollback = new Error('rolled back');
  const work = async (tx: Transaction): Promise<never> => {
    // As it comes, without its parser: what it must not give might not even fit.
    const raw = {
      ...statement,
      row: (row: unknown) => ({ ...Object(row) }) as Readonly<Record<string, unknown>>,
    };
    outcome.value = isRead(statement)
      ? await tx.rows(raw, values).then((rows) => ({ rows, touched: rows.length }))
      : { rows: [], touched: await tx.run(statement, values) };
    throw rollback;
  };
  try {
    await (scope === 'system' ? store.system(work) : store.transaction(scope, work));
  } catch (thrown) {
    if (thrown !== rollback) refused(thrown, statement.name);
  }
  return outcome.value;
}

function refused(thrown: unknown, name: string): number {
  assert.equal(sqlStateOf(thrown), DENIED, `${name}: ${String(thrown)}`);
  return 0;
}

function isRead({ text }: Statement<unknown>): boolean {
  return /^\s*(?:select|with recursive)\b/.test(text);
}

/** Whether it names an environment, and so must find nothing in another one. */
function takesEnvironment({ text }: Statement<unknown>): boolean {
  return /environment_id = \$1/.test(text);
}

function* cases(): Generator<readonly [string, Statement<unknown>, StatementCase]> {
  for (const [name, statement] of statements) yield [name, statement, caseOf(name)];
}

function caseOf(name: string): StatementCase {
  const found = STATEMENT_CASES[name];
  assert.ok(found !== undefined, `${name} has no case in gateway/test/statement-cases.ts`);
  return found;
}

function isStatement(value: unknown): value is Statement<unknown> {
  return typeof value === 'object' && value !== null && 'name' in value && 'text' in value && 'row' in value;
}

/** One row of each table of the environment. */
async function factsOf(url: string, environment: EnvironmentId): Promise<Fact> {
  const client = new Client(url);
  await client.connect();
  const found = new Map<string, Readonly<Record<string, unknown>>>();
  try {
    await client.query('set search_path = sallyport');
    const { rows } = await client.query<{ name: string }>(WITH_ENVIRONMENT);
    for (const { name } of [...rows, { name: 'environments' }]) {
      await client.query(`alter table ${name} no force row level security`);
      const row = await client.query(`select * from ${name} where environment_id = $1 limit 1`, [
        environment,
      ]);
      await client.query(`alter table ${name} force row level security`);
      if (row.rows[0] !== undefined) found.set(name, row.rows[0]);
    }
  } finally {
    await client.end();
  }
  return (table, column) => {
    const value = found.get(table)?.[column];
    assert.ok(value !== undefined && value !== null, `there is no ${table}.${column}`);
    return value;
  };
}

/** What transactions across environments may, by table. */
function admittedTables(): ReadonlyMap<string, string> {
  const tables = new Map<string, string>();
  const section =
    readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('\n## Data\n')[1]?.split('\n## ')[0] ?? '';
  for (const [, names = '', may = ''] of section.matchAll(/^\| `[a-z]+` \| ([^|]+) \|[^|]*\| ([^|]+) \|$/gm))
    for (const [, name = ''] of names.matchAll(/`([a-z_]+)`/g)) tables.set(name, may);
  assert.ok(tables.size > 18);
  return tables;
}
