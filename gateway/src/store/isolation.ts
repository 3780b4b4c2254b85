const TABLE = /^[a-z][a-z0-9_]{0,47}$/;

/** The role of transactions of one environment. Owns nothing, sees the environment set in its transaction. */
export const RUNTIME_ROLE = 'sallyport_runtime';

/** The role of transactions across environments, such as key look-ups. Owns nothing, sees tables that admit it. */
export const SYSTEM_ROLE = 'sallyport_system';

/** The setting that names the environment of a transaction. */
export const ENVIRONMENT_SETTING = 'sallyport.environment';

/** The schema that holds every table, so that a database shared with others stays tidy. */
export const SCHEMA = 'sallyport';

/**
 * The SQL that isolates a table by its column `environment_id`: row-level security, forced on the owner too. With
 * `system`, transactions across environments see all of it. Grants are the migration's own.
 *
 * The system policy asks for the role itself: `using (true)` would also admit whoever inherits the role, and up to
 * Postgres 15 a member can't be kept from inheriting it (https://www.postgresql.org/docs/16/sql-grant.html).
 *
 * @example sql: `create table events (…); ${isolated('events', { system: true })} grant select on events to …;`
 */
export function isolated(table: string, options: { system?: boolean } = {}): string {
  if (!TABLE.test(table)) throw new TypeError(`table name ${table}`);
  // A setting made with SET LOCAL reads '' on the same connection later, not null.
  const own = `environment_id = nullif(current_setting('${ENVIRONMENT_SETTING}', true), '')`;
  const system = `current_user = '${SYSTEM_ROLE}'`;
  const lines = [
    `alter table ${table} enable row level security;`,
    `alter table ${table} force row level security;`,
    `create policy ${table}_environment on ${table} to ${RUNTIME_ROLE} using (${own}) with check (${own});`,
  ];
  if (options.system === true) {
    lines.push(
      `create policy ${table}_system on ${table} to ${SYSTEM_ROLE} using (${system}) with check (${system});`,
    );
  }
  return `${lines.join('\n')}\n`;
}
