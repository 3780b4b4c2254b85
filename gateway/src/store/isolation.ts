const TABLE = /^[a-z][a-z0-9_]{0,47}$/;

/** The role of transactions of one environment. Owns nothing, sees the environment set in its transaction. */
export const RUNTIME_ROLE = 'sallyport_runtime';

/** The role of transactions across environments, such as key look-ups. Owns nothing, sees tables that admit it. */
export const SYSTEM_ROLE = 'sallyport_system';

/**
 * The role that deletes what is left of an environment whose life is over. It reads no column but those of keys, and
 * sees no row of an environment that still lives: `environment_is_over()`, of the room `environments`, decides.
 */
export const ERASER_ROLE = 'sallyport_eraser';

/** The setting that names the environment of a transaction. */
export const ENVIRONMENT_SETTING = 'sallyport.environment';

// A setting made with SET LOCAL reads '' on the same connection later, not null.
const OWN = `environment_id = nullif(current_setting('${ENVIRONMENT_SETTING}', true), '')`;

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
  const system = `current_user = '${SYSTEM_ROLE}'`;
  const lines = [
    `alter table ${table} enable row level security;`,
    `alter table ${table} force row level security;`,
    `create policy ${table}_environment on ${table} to ${RUNTIME_ROLE} using (${OWN}) with check (${OWN});`,
  ];
  if (options.system === true) {
    lines.push(
      `create policy ${table}_system on ${table} to ${SYSTEM_ROLE} using (${system}) with check (${system});`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/**
 * The SQL that lets a table be emptied of an environment whose life is over: by the eraser alone, row by row, and of no
 * other environment. `columns` are those of its key behind `environment_id`. The role itself is asked for, as above.
 *
 * @example sql: `${erasable('events', ['id'])}`
 */
export function erasable(table: string, columns: readonly string[]): string {
  if (![table, ...columns].every((name) => TABLE.test(name))) throw new TypeError(`table name ${table}`);
  const key = ['environment_id', ...columns].join(', ');
  return `create policy ${table}_erasure on ${table} to ${ERASER_ROLE}
    using (current_user = '${ERASER_ROLE}' and ${OWN} and (select environment_is_over()));
  grant select (${key}), delete on ${table} to ${ERASER_ROLE};
`;
}
