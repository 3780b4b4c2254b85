import { INSTALLATION } from '#base';
import { ERASER_ROLE, isolated, type Migration, RUNTIME_ROLE, SYSTEM_ROLE } from '#store';

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
  {
    number: 11,
    name: 'lives of environments',
    sql: `
      alter table environments
        add column state text not null default 'active' check (state in ('active', 'frozen', 'deleting', 'deleted')),
        -- The moment from which its deletion may begin, by the database's clock: nodes may disagree about the time.
        add column delete_after timestamptz,
        -- From here on nothing of it comes back: its data keys are being destroyed.
        add column erasing_at timestamptz,
        -- The end of its log, kept since the log itself goes, and the rows deleted so far, by table.
        add column log_size bigint,
        add column log_root text,
        add column erased jsonb not null default '{}',
        add column deleted_at timestamptz,
        add constraint environments_deletion check ((delete_after is not null) = (state in ('deleting', 'deleted'))),
        add constraint environments_erasure check (erasing_at is null or state in ('deleting', 'deleted')),
        add constraint environments_end check ((deleted_at is not null) = (state = 'deleted'));

      -- What is deleted leaves its name to others.
      alter table environments drop constraint environments_organization_id_name_key;
      create unique index environments_name on environments (organization_id, name) where state <> 'deleted';
      create index environments_ending on environments (environment_id) where state <> 'active';
      grant update (state, delete_after, erasing_at, log_size, log_root, deleted_at) on environments to ${RUNTIME_ROLE};

      -- The end of an environment stands in the log of the installation, so it is written in a transaction of that.
      create policy environments_end_seen on environments for select to ${RUNTIME_ROLE}
        using (current_setting('sallyport.environment', true) = '${INSTALLATION}'
          and state in ('deleting', 'deleted') and delete_after <= now());
      create policy environments_end on environments for update to ${RUNTIME_ROLE}
        using (current_setting('sallyport.environment', true) = '${INSTALLATION}'
          and state = 'deleting' and delete_after <= now())
        with check (current_setting('sallyport.environment', true) = '${INSTALLATION}'
          and state in ('deleting', 'deleted') and erasing_at is not null);

      create policy environments_eraser on environments to ${ERASER_ROLE}
        using (current_user = '${ERASER_ROLE}' and environment_id = nullif(current_setting('sallyport.environment', true), ''))
        with check (erasing_at is not null);
      grant select (environment_id, state, erasing_at, erased), update (erased) on environments to ${ERASER_ROLE};

      -- Whether the data keys of an environment are destroyed or about to be: no other may be made in their place.
      create function environment_is_erased(environment text) returns boolean
      language sql stable set search_path = sallyport, pg_temp as $$
        select exists (select from environments where environment_id = environment and erasing_at is not null)
      $$;
      create or replace function environment_is_over() returns boolean
      language sql stable set search_path = sallyport, pg_temp as $$
        select environment_is_erased(nullif(current_setting('sallyport.environment', true), ''))
      $$;

      -- Where nothing comes in, goes out or is delivered. With the rights of whoever asks.
      create view frozen_environments with (security_invoker = true) as
        select environment_id from environments where state <> 'active';
      grant select on frozen_environments to ${SYSTEM_ROLE};
    `,
  },
]);
