import { erasable, isolated, RUNTIME_ROLE, SYSTEM_ROLE } from './isolation.ts';
import type { Migration } from './migrate.ts';

/** The migrations of the store: numbers 1 to 9. The table of applied migrations itself is made before the first. */
export const storeMigrations: readonly Migration[] = Object.freeze([
  {
    number: 1,
    name: 'roles see which migrations are applied',
    sql: `
      grant select on schema_migrations to ${RUNTIME_ROLE}, ${SYSTEM_ROLE};
    `,
  },
  {
    number: 2,
    name: 'change feed',
    sql: `
      create sequence changes_version;
      create table changes (
        environment_id text not null,
        version bigint not null,
        subject text not null,
        primary key (environment_id, version)
      );
      create unique index changes_version_index on changes (version);
      ${isolated('changes', { system: true })}
      grant insert on changes to ${RUNTIME_ROLE};
      grant select, delete on changes to ${SYSTEM_ROLE};
      grant usage on sequence changes_version to ${RUNTIME_ROLE};
    `,
  },
  {
    number: 3,
    name: 'what is left of an environment can be deleted',
    sql: `
      -- Whether the life of the environment of this transaction is over. None is, until the room of environments says.
      create function environment_is_over() returns boolean
      language sql stable set search_path = sallyport, pg_temp as $$ select false $$;
      ${erasable('changes', ['version'])}
    `,
  },
]);
