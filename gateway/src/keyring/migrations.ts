import { erasable, isolated, type Migration, RUNTIME_ROLE, SYSTEM_ROLE } from '#store';

/** The migrations of the keyring: numbers 20 to 29. */
export const keyringMigrations: readonly Migration[] = Object.freeze([
  {
    number: 20,
    name: 'data keys and keys of the installation',
    sql: `
      create table data_keys (
        environment_id text not null,
        purpose text not null,
        version integer not null check (version > 0),
        key_id text not null,
        root_key_id text not null,
        wrapped bytea not null,
        created_at timestamptz not null,
        primary key (environment_id, purpose, version)
      );
      ${isolated('data_keys', { system: true })}
      grant select, insert, update (wrapped, root_key_id) on data_keys to ${RUNTIME_ROLE};
      grant select on data_keys to ${SYSTEM_ROLE};

      -- Of no environment, so only transactions across environments see it.
      create table installation_keys (
        purpose text not null,
        version integer not null check (version > 0),
        key_id text not null,
        root_key_id text not null,
        wrapped bytea not null,
        created_at timestamptz not null,
        primary key (purpose, version)
      );
      alter table installation_keys enable row level security;
      alter table installation_keys force row level security;
      create policy installation_keys_system on installation_keys to ${SYSTEM_ROLE}
        using (current_user = '${SYSTEM_ROLE}') with check (current_user = '${SYSTEM_ROLE}');
      grant select, insert, update (wrapped, root_key_id) on installation_keys to ${SYSTEM_ROLE};
    `,
  },
  {
    number: 21,
    name: 'data keys of an environment that is over can be deleted',
    sql: `
      ${erasable('data_keys', ['purpose', 'version'])}
    `,
  },
]);
