import type { Client } from 'pg';
import { Fault } from '#base';
import { codeOf } from './failure.ts';
import { ERASER_ROLE, RUNTIME_ROLE, SYSTEM_ROLE } from './isolation.ts';

const ROLES: readonly string[] = Object.freeze([RUNTIME_ROLE, SYSTEM_ROLE, ERASER_ROLE]);
const ATTEMPTS_MAX = 20;

/** Another migration in the same cluster did the same at the same moment; roles are shared by all its databases. */
const RACES: ReadonlySet<string> = new Set(['42710', '23505', 'XX000', '40001', '40P01']);
const NOT_ALLOWED: ReadonlySet<string> = new Set(['42501', '0LP01']);

/**
 * Makes the roles and lets `users` become them, as far as that is missing. Roles belong to the cluster, not to the
 * database, so a restored database may lack them: this is done at every migration, not once.
 * Throws `DATABASE_UNSUITABLE` with the SQL for an administrator when the right is missing.
 */
export async function ensureRoles(client: Client, users: readonly string[]): Promise<void> {
  for (const text of await missing(client, users)) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.query(text);
        break;
      } catch (error) {
        const state = codeOf(error) ?? '';
        if (state === '42710') break; // it is there by now
        if (NOT_ALLOWED.has(state)) throw await byHand(client, users);
        if (!RACES.has(state) || attempt >= ATTEMPTS_MAX) throw error;
        if (!(await missing(client, users)).includes(text)) break;
      }
    }
  }
}

async function missing(client: Client, users: readonly string[]): Promise<string[]> {
  const found = await client.query<{ role: string; exists: boolean; version: number }>(
    `select role, exists (select from pg_roles where rolname = role) as exists,
            current_setting('server_version_num')::int as version
       from unnest($1::text[]) as role`,
    [ROLES],
  );
  const statements = found.rows.filter(({ exists }) => !exists).map(({ role }) => createRole(role));
  for (const { role, exists, version } of found.rows) {
    for (const user of users) {
      if (!exists || !(await isMember(client, { user, role, version })))
        statements.push(grantRole({ user, role, version }));
    }
  }
  return statements;
}

async function isMember(
  client: Client,
  facts: { user: string; role: string; version: number },
): Promise<boolean> {
  const { user, role, version } = facts;
  // From 16 on the creator of a role is a member that may pass it on but not become it.
  const kind = version >= 160_000 ? 'SET' : 'MEMBER';
  const { rows } = await client.query<{ member: boolean }>('select pg_has_role($1, $2, $3) as member', [
    user,
    role,
    kind,
  ]);
  return rows[0]?.member === true;
}

function createRole(role: string): string {
  return `create role ${role} nologin nosuperuser nocreatedb nocreaterole noinherit noreplication nobypassrls`;
}

function grantRole(facts: { user: string; role: string; version: number }): string {
  const without = facts.version >= 160_000 ? ' with inherit false, set true' : '';
  return `grant ${facts.role} to ${quoted(facts.user)}${without}`;
}

async function byHand(client: Client, users: readonly string[]): Promise<Fault> {
  const statements = await missing(client, users);
  return new Fault('DATABASE_UNSUITABLE', {
    detail: `The user of the migrations may not make the roles it needs. Let an administrator run: ${statements.join('; ')};`,
  });
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
