// Whatever table there is: its rows belong to one environment and are seen by it alone, row security holds for its owner
// too, and the roles of the gateway may do what the migrations name and nothing besides. Invariant "Nothing crosses
// environments". K3 U4 L1; practices "least privilege" P2 L3 Q19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { openSecretText, type Secret } from '#base';
import { SCHEMA } from '#store';
import { withClient } from '#test/client';
import { withDatabase } from '#test/database';
import { withGateway } from '#test/gateway';
import { allMigrations } from './migrations.ts';

const ROLES = ['sallyport_runtime', 'sallyport_system', 'sallyport_eraser'] as const;
/** What belongs to the installation and not to an environment. */
const WITHOUT_ENVIRONMENT: readonly string[] = ['organizations', 'installation_keys', 'schema_migrations'];

interface Table {
  readonly name: string;
  readonly kind: 'r' | 'p';
  readonly partition: boolean;
  readonly enabled: boolean;
  readonly forced: boolean;
  readonly owner: string;
  readonly environment: boolean;
  readonly keyed: boolean;
  readonly policies: number;
}

async function connected<T>(url: Secret, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(openSecretText(url));
  await client.connect();
  try {
    await client.query(`set search_path = ${SCHEMA}`);
    return await work(client);
  } finally {
    await client.end();
  }
}

async function tablesOf(client: Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(`
    select c.relname as name, c.relkind as kind, c.relispartition as partition, c.relrowsecurity as enabled,
      c.relforcerowsecurity as forced, pg_get_userbyid(c.relowner) as owner,
      a.attnum is not null as environment,
      coalesce(a.attnum = 1 and a.attnotnull and i.indkey[0] = 1, false) as keyed,
      (select count(*)::int from pg_policy where polrelid = c.oid) as policies
    from pg_class c
    left join pg_attribute a on a.attrelid = c.oid and a.attname = 'environment_id' and not a.attisdropped
    left join pg_index i on i.indrelid = c.oid and i.indisprimary
    where c.relnamespace = '${SCHEMA}'::regnamespace and c.relkind in ('r', 'p') order by 1`);
  return rows;
}

/** An id for which a partition is there: rows find their partition before their policy is asked. */
async function lowestId(client: Client, table: string): Promise<string> {
  const { rows } = await client.query<{ bound: string }>(
    `select pg_get_expr(c.relpartbound, c.oid) as bound from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass`,
    [table],
  );
  return /FROM \('([^']+)'\)/.exec(rows[0]?.bound ?? '')?.[1] ?? '';
}

test('K3 every table begins with its environment, in its key too, under row security that binds its owner', async (t) => {
  const { ownerUrl } = await withDatabase(t);
  await connected(ownerUrl, async (client) => {
    const tables = await tablesOf(client);
    assert.ok(tables.length > 15);
    const { rows } = await client.query<{ name: string }>('select current_user::text as name');
    for (const table of tables) {
      assert.equal(table.owner, rows[0]?.name, `${table.name} belongs to whoever runs the migrations`);
      if (table.name === 'schema_migrations') continue;
      assert.ok(table.enabled && table.forced, `${table.name}: row security`);
      // A partition has no policy of its own: it is reached through its table, and by itself shows nothing.
      assert.equal(table.policies > 0, !table.partition, `${table.name}: policies`);
      assert.equal(
        table.environment,
        !WITHOUT_ENVIRONMENT.includes(table.name),
        `${table.name}: environment`,
      );
      if (table.environment) assert.ok(table.keyed, `${table.name}: its key begins with the environment`);
    }
  });
});

test('K3 an environment sees no row of another in any table, after everything that fills them', async (t) => {
  const one = await withGateway(t);
  const call = withClient(t, one);
  const post = (path: string, body: object) =>
    call({ method: 'POST', path: `/admin/v1${path}`, key: one.adminKey, body });
  await post('/connections', {
    platform: 'koywe',
    name: 'koywe',
    credential: { apiKey: one.koywe.apiKey, secret: one.koywe.secret },
    baseUrl: one.sandbox.url,
  });
  await post('/endpoints', { platform: 'koywe', name: 'koywe', secret: 'secret-of-the-endpoint-0123456789' });
  await post('/destinations', { name: 'application', url: `${one.sandbox.url}/webhooks` });
  await one.gateway.rooms.audit.integrate();
  await connected(one.databaseUrl, async (client) => {
    const own = one.environment;
    const stranger = 'env_01k00000000000000000000000';
    let filled = 0;
    for (const { name, kind, environment, partition } of await tablesOf(client)) {
      if (!environment || partition) continue;
      const seen = async (as: string): Promise<readonly string[] | null> => {
        await client.query(`set role sallyport_runtime; set sallyport.environment = '${as}'`);
        try {
          const text = `select distinct environment_id from ${name}`;
          const { rows } = await client.query<{ environment_id: string }>(text);
          return rows.map((row) => row.environment_id);
        } catch (error) {
          // Write-only for this role.
          assert.equal((error as { code?: string }).code, '42501', name);
          return null;
        } finally {
          await client.query('reset role; reset sallyport.environment');
        }
      };
      assert.deepEqual((await seen(stranger)) ?? [], [], `${name} as another environment`);
      assert.deepEqual((await seen('')) ?? [], [], `${name} without an environment`);
      const mine = (await seen(own)) ?? [];
      assert.ok(
        mine.every((id) => id === own),
        `${name} as its environment`,
      );
      filled += mine.length;
      await client.query(`set role sallyport_runtime; set sallyport.environment = '${stranger}'`);
      // Writing under another's name fails, by right or by policy; never with a row.
      const [columns, values] =
        kind === 'p'
          ? ['environment_id, id', [own, await lowestId(client, name)]]
          : ['environment_id', [own]];
      await assert.rejects(
        client.query(
          `insert into ${name} (${columns}) values (${values.map((_, at) => `$${at + 1}`).join()})`,
          values,
        ),
        { code: '42501' },
        `${name} takes no row for another environment`,
      );
      await client.query('reset role; reset sallyport.environment');
    }
    assert.ok(filled >= 8, `only ${filled} tables held anything`);
  });
});

test('P2 L3 the roles of the gateway have the rights that the migrations name, and none over what is not theirs', async (t) => {
  const { ownerUrl } = await withDatabase(t);
  const sql = allMigrations.map((migration) => migration.sql).join('\n');
  const named = new Set<string>();
  const grant = /grant\s+([a-z, ()_\n]+?)\s+on\s+(?:table\s+)?([a-z_]+)\s+to\s+([a-z_, ]+);/g;
  for (const [, rights = '', table, roles = ''] of sql.matchAll(grant)) {
    for (const right of rights.matchAll(/([a-z]+)\s*(\([^)]*\))?(?:,|$)/g)) {
      const columns = right[2]?.slice(1, -1).split(',') ?? [''];
      for (const role of roles.split(',')) {
        for (const column of columns)
          named.add(`${role.trim()} ${right[1]} ${table} ${column.trim()}`.trim());
      }
    }
  }
  for (const [, right, table, role] of sql.matchAll(/revoke ([a-z]+) on ([a-z_]+) from ([a-z_]+);/g))
    named.delete(`${role} ${right} ${table}`);
  await connected(ownerUrl, async (client) => {
    const { rows } = await client.query<{ text: string }>(
      `
      select format('%s %s %s', grantee, lower(privilege_type), table_name) as text
        from information_schema.table_privileges where table_schema = $1 and grantee = any($2)
      union all
      select format('%s %s %s %s', c.grantee, lower(c.privilege_type), c.table_name, c.column_name)
        from information_schema.column_privileges c where c.table_schema = $1 and c.grantee = any($2)
          and not exists (select from information_schema.table_privileges t
            where t.table_schema = c.table_schema and t.table_name = c.table_name and t.grantee = c.grantee
              and t.privilege_type = c.privilege_type)
      union all
      -- Columns that every table has by itself, which the views above leave out.
      select format('%s %s %s %s', r.rolname, lower(p.privilege_type), c.relname, a.attname)
        from pg_attribute a join pg_class c on c.oid = a.attrelid cross join lateral aclexplode(a.attacl) p join pg_roles r on r.oid = p.grantee
        where a.attnum < 0 and c.relnamespace = $1::regnamespace and r.rolname = any($2)`,
      [SCHEMA, ROLES],
    );
    const held = rows.map(({ text }) => text);
    assert.deepEqual(
      held.filter((text) => !named.has(text)),
      [],
      'held and not named',
    );
    assert.deepEqual(
      [...named].filter((text) => !held.includes(text)),
      [],
      'named and not held',
    );
    for (const text of held) assert.doesNotMatch(text, / (truncate|references|trigger|maintain) /);
    const { rows: more } = await client.query<{ text: string }>(
      `
      select 'owns ' || c.relname as text from pg_class c where pg_get_userbyid(c.relowner) = any($1)
      union all select 'can be a superuser or pass by: ' || rolname from pg_roles
        where rolname = any($1) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolcanlogin)
      union all select 'may create in ' || nspname from pg_namespace n, unnest($1::text[]) as role
        where nspname in ('${SCHEMA}', 'public') and has_schema_privilege(role, n.oid, 'create')
      union all select 'everybody may run ' || p.proname from pg_proc p
        where p.pronamespace = '${SCHEMA}'::regnamespace and p.prosecdef and has_function_privilege('public', p.oid, 'execute')
      union all select 'runs with the path of its caller: ' || p.proname from pg_proc p
        where p.pronamespace = '${SCHEMA}'::regnamespace and p.prosecdef and p.proconfig is null`,
      [ROLES],
    );
    assert.deepEqual(more, []);
  });
});
