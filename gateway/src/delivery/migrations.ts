import { erasable, isolated, type Migration } from '#store';

export const deliveryMigrations: readonly Migration[] = [
  {
    number: 80,
    name: 'destinations and deliveries',
    sql: `
      create table destinations (
        environment_id text not null,
        id text collate "C" not null,
        name text not null,
        url text not null,
        state text not null check (state in ('active', 'paused')),
        sealed_secret bytea not null,
        created_at timestamptz not null,
        primary key (environment_id, id),
        unique (environment_id, name)
      );
      ${isolated('destinations', { system: true })}
      grant select, insert on destinations to sallyport_runtime;
      grant update (url, state) on destinations to sallyport_runtime;
      -- Whom to claim for, and nothing else of them.
      grant select (environment_id, id, state) on destinations to sallyport_system;

      -- next_attempt_at of a delivery under way is the end of its lease. One that waits for a paused destination keeps its own.
      create table deliveries (
        environment_id text not null,
        id text collate "C" not null,
        event_id text collate "C" not null,
        destination_id text collate "C" not null,
        state text not null check (state in ('due', 'delivered', 'dead')),
        attempts integer not null,
        next_attempt_at timestamptz,
        last_status integer,
        last_reason text,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        primary key (environment_id, id),
        check ((state = 'due') = (next_attempt_at is not null))
      ) partition by range (id);
      create index deliveries_due on deliveries (destination_id, next_attempt_at) where state = 'due';
      create index deliveries_event on deliveries (environment_id, event_id);
      ${isolated('deliveries', { system: true })}
      grant select, insert on deliveries to sallyport_runtime;
      grant update (state, attempts, next_attempt_at, last_status, last_reason, changed_at) on deliveries to sallyport_runtime;
      grant select, update (next_attempt_at) on deliveries to sallyport_system;

      create table attempts (
        environment_id text not null,
        id text collate "C" not null,
        delivery_id text collate "C" not null,
        number integer not null,
        started_at timestamptz not null,
        duration_ms integer not null,
        status integer,
        reason text,
        address text,
        primary key (environment_id, id)
      ) partition by range (id);
      ${isolated('attempts')}
      grant select, insert on attempts to sallyport_runtime;

      -- The gateway owns nothing; this is all it may do about partitions: make one that isn't there yet.
      create function ensure_delivery_partition(parent text, label text, low text, high text) returns boolean
      language plpgsql security definer set search_path = sallyport, pg_temp as $$
      begin
        if not ((parent = 'deliveries' and low ~ '^dlv_[0-9a-z]{26}$' and high ~ '^dlv_[0-9a-z]{26}$')
             or (parent = 'attempts' and low ~ '^att_[0-9a-z]{26}$' and high ~ '^att_[0-9a-z]{26}$'))
           or label !~ '^[0-9]{6}$' then
          raise exception 'not a partition of deliveries or attempts' using errcode = '22023';
        end if;
        perform pg_advisory_xact_lock(hashtextextended('sallyport:deliveries.partitions', 0));
        if to_regclass('sallyport.' || parent || '_' || label) is not null then
          return false;
        end if;
        execute format('create table sallyport.%I partition of sallyport.%I for values from (%L) to (%L)', parent || '_' || label, parent, low, high);
        execute format('alter table sallyport.%I enable row level security', parent || '_' || label);
        execute format('alter table sallyport.%I force row level security', parent || '_' || label);
        return true;
      end $$;
      revoke all on function ensure_delivery_partition(text, text, text, text) from public;
      grant execute on function ensure_delivery_partition(text, text, text, text) to sallyport_system;
    `,
  },
  {
    number: 81,
    name: 'deliveries of an environment that is over can be deleted',
    sql: `
      ${erasable('destinations', ['id'])}
      ${erasable('attempts', ['id'])}
      ${erasable('deliveries', ['id'])}
    `,
  },
  {
    number: 87,
    name: 'deliveries that are pulled',
    sql: `
      -- Of one that was pulled: in which batch it was given, until the end of the lease (next_attempt_at) and beyond.
      alter table deliveries add column batch text collate "C";
      grant update (batch) on deliveries to sallyport_runtime;
    `,
  },
];
