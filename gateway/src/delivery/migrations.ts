import { erasable, isolated, type Migration, retirable } from '#store';

/** Of the function that makes a month: nothing but a month of these two tables, and only where it isn't there yet. */
const CHECKED_MONTH = `        if not ((parent = 'deliveries' and low ~ '^dlv_[0-9a-z]{26}$' and high ~ '^dlv_[0-9a-z]{26}$')
             or (parent = 'attempts' and low ~ '^att_[0-9a-z]{26}$' and high ~ '^att_[0-9a-z]{26}$'))
           or label !~ '^[0-9]{6}$' then
          raise exception 'not a partition of deliveries or attempts' using errcode = '22023';
        end if;
        perform pg_advisory_xact_lock(hashtextextended('sallyport:deliveries.partitions', 0));
        if to_regclass('sallyport.' || parent || '_' || label) is not null then
          return false;
        end if;
`;

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
${CHECKED_MONTH}        execute format('create table sallyport.%I partition of sallyport.%I for values from (%L) to (%L)', parent || '_' || label, parent, low, high);
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
    number: 82,
    name: 'what a destination takes and how it is sent to; several secrets; order; what was answered',
    sql: `
      alter table destinations
        add kind text not null default 'push' check (kind in ('push', 'pull')),
        -- What it takes; null takes all. Types end in '.*' where they are prefixes.
        add platforms text[],
        add types text[],
        add endpoints text[],
        add conditions jsonb,
        add order_by jsonb,
        add concurrency integer check (concurrency > 0),
        add rate_per_second integer check (rate_per_second > 0),
        add settings jsonb not null default '{}',
        add sealed_headers bytea,
        add client_certificate text,
        add sealed_client_key bytea,
        add paused_at timestamptz,
        add paused_reason text,
        add failing_since timestamptz,
        add failures integer not null default 0,
        add probe_at timestamptz,
        alter url drop not null,
        drop constraint destinations_state_check,
        add constraint destinations_state_check check (state in ('active', 'paused', 'failing')),
        add constraint destinations_push_url check (kind = 'pull' or url is not null),
        add constraint destinations_client_pair check ((client_certificate is null) = (sealed_client_key is null)),
        add constraint destinations_failing_probe check (state <> 'failing' or probe_at is not null);

      create table destination_secrets (
        environment_id text not null,
        id text collate "C" not null,
        destination_id text collate "C" not null,
        kind text not null check (kind in ('symmetric', 'ed25519')),
        sealed_secret bytea not null,
        public_key text,
        created_at timestamptz not null,
        ends_at timestamptz,
        request_digest bytea,
        primary key (environment_id, id),
        check ((kind = 'ed25519') = (public_key is not null))
      );
      create index destination_secrets_destination on destination_secrets (environment_id, destination_id);
      ${isolated('destination_secrets')}
      ${erasable('destination_secrets', ['id'])}
      -- A secret made before has the number of its destination, by which its context is known (secrets.ts).
      alter table destinations no force row level security;
      alter table destination_secrets no force row level security;
      insert into destination_secrets (environment_id, id, destination_id, kind, sealed_secret, created_at)
        select environment_id, 'sec_' || substr(id, 5), id, 'symmetric', sealed_secret, created_at from destinations;
      alter table destinations force row level security;
      alter table destination_secrets force row level security;
      alter table destinations drop sealed_secret;
      grant select, insert, delete, update (ends_at) on destination_secrets to sallyport_runtime;
      grant update (name, platforms, types, endpoints, conditions, order_by, concurrency, rate_per_second, settings, sealed_headers,
        client_certificate, sealed_client_key, paused_at, paused_reason, failing_since, failures, probe_at) on destinations to sallyport_runtime;
      grant select (kind, concurrency, rate_per_second, probe_at) on destinations to sallyport_system;

      -- In order: of those with one key, all but the first wait, without a time, until it is over. Their numbers are drawn under a
      -- lock that lasts until the commit, so that they are in the order in which events became visible.
      create sequence delivery_order_numbers;
      grant usage on sequence delivery_order_numbers to sallyport_runtime;
      alter table deliveries
        add order_key bytea,
        add order_number bigint,
        drop constraint deliveries_state_check,
        add constraint deliveries_state_check check (state in ('due', 'waiting', 'delivered', 'dead')),
        add constraint deliveries_order check ((order_key is null) = (order_number is null) and (state <> 'waiting' or order_key is not null));
      create index deliveries_in_order on deliveries (destination_id, order_key, order_number)
        where state in ('due', 'waiting') and order_key is not null;

      alter table attempts add answer_headers jsonb, add answer_start text;
      create index attempts_delivery on attempts (delivery_id);
    `,
  },
  {
    number: 83,
    name: 'replays of many events',
    sql: `
      create table event_replays (
        environment_id text not null,
        id text collate "C" not null,
        state text not null check (state in ('running', 'finished', 'canceled')),
        query jsonb not null,
        -- The last event that was looked at: a step moves it in the transaction that makes its deliveries.
        position text collate "C",
        looked_at integer not null default 0,
        made integer not null default 0,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        primary key (environment_id, id)
      );
      create index event_replays_running on event_replays (environment_id, id) where state = 'running';
      ${isolated('event_replays', { system: true })}
      ${erasable('event_replays', ['id'])}
      grant select, insert, update (state, position, looked_at, made, changed_at) on event_replays to sallyport_runtime;
      grant select (environment_id, id, state) on event_replays to sallyport_system;
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
  {
    number: 90,
    name: 'months of deliveries and attempts end',
    sql: `
      ${retirable('deliveries')}
      ${retirable('attempts')}
      -- To count what will be lost: of whom, and nothing else of them.
      create policy attempts_system on attempts for select to sallyport_system using (current_user = 'sallyport_system');
      grant select (environment_id, id) on attempts to sallyport_system;
    `,
  },
  {
    number: 91,
    name: 'deliveries are found by destination and by state, however many there are',
    sql: `
      -- None begins with environment_id: until a month has statistics, a look-up by its key could take another such index for it.
      drop index deliveries_event;
      create index deliveries_event on deliveries (event_id, id);
      create index deliveries_destination on deliveries (destination_id, id);
      -- Few are dead: what is not costs nothing here. Those that are due are found by deliveries_due.
      create index deliveries_dead_newest on deliveries (environment_id, id) where state = 'dead';
    `,
  },
  {
    number: 92,
    name: 'a delivery stays in the page in which it was made',
    sql: `
      -- Each is written three times within its first second: made, claimed, settled. In full pages the second and third went wherever
      -- a vacuum had left room, in pages of all ages, and each vacuum looked at 91 of 100 pages of the month and changed 45. With
      -- room left beside the first it is 39 and 24, and what is old is left in peace; so is the write-ahead log, by 18 in 100.
      create or replace function ensure_delivery_partition(parent text, label text, low text, high text) returns boolean
      language plpgsql security definer set search_path = sallyport, pg_temp as $$
      begin
${CHECKED_MONTH}        execute format('create table sallyport.%I partition of sallyport.%I for values from (%L) to (%L) with (fillfactor = %s)',
          parent || '_' || label, parent, low, high, case parent when 'deliveries' then 60 else 100 end);
        execute format('alter table sallyport.%I enable row level security', parent || '_' || label);
        execute format('alter table sallyport.%I force row level security', parent || '_' || label);
        return true;
      end $$;
      do $$
      declare
        month regclass;
      begin
        for month in select inhrelid from pg_inherits where inhparent = 'sallyport.deliveries'::regclass loop
          execute format('alter table %s set (fillfactor = 60)', month);
        end loop;
      end $$;
    `,
  },
];
