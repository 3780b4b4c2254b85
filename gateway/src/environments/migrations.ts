import { INSTALLATION } from '#base';
import { isolated, type Migration, RUNTIME_ROLE, SYSTEM_ROLE } from '#store';

/** The migrations of organizations and environments: numbers 10 to 19. */
export const environmentsMigrations: readonly Migration[] = Object.freeze([
  {
    number: 10,
    name: 'organizations and environments',
    sql: `
      -- Of no environment: read across environments only. They are made in a transaction of the installation's own
      -- log, so that the act and its entry commit together.
      create table organizations (
        id text not null primary key,
        name text not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
        created_at timestamptz not null
      );
      alter table organizations enable row level security;
      alter table organizations force row level security;
      create policy organizations_installation on organizations for insert to ${RUNTIME_ROLE}
        with check (current_setting('sallyport.environment', true) = '${INSTALLATION}');
      create policy organizations_system on organizations for select to ${SYSTEM_ROLE}
        using (current_user = '${SYSTEM_ROLE}');
      grant insert on organizations to ${RUNTIME_ROLE};
      grant select on organizations to ${SYSTEM_ROLE};

      create table environments (
        environment_id text not null primary key,
        organization_id text not null references organizations (id),
        name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
        kind text not null check (kind in ('development', 'staging', 'production')),
        region text not null check (region ~ '^[a-z0-9-]{1,32}$'),
        created_at timestamptz not null,
        unique (organization_id, name)
      );
      ${isolated('environments', { system: true })}
      grant select, insert on environments to ${RUNTIME_ROLE};
      grant select on environments to ${SYSTEM_ROLE};
    `,
  },
]);
