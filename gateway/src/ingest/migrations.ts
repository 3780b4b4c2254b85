import { erasable, isolated, type Migration, retirable } from '#store';

export const ingestMigrations: readonly Migration[] = [
  {
    number: 60,
    name: 'endpoints and events',
    sql: `
      create table endpoints (
        environment_id text not null,
        id text collate "C" not null,
        platform text not null,
        name text not null,
        state text not null check (state in ('active', 'paused')),
        created_at timestamptz not null,
        primary key (environment_id, id),
        unique (environment_id, name)
      );
      -- Webhooks name an endpoint before any environment is known.
      create unique index endpoints_id on endpoints (id);
      ${isolated('endpoints', { system: true })}
      grant select, insert on endpoints to sallyport_runtime;
      grant update (state) on endpoints to sallyport_runtime;
      grant select on endpoints to sallyport_system;

      create table endpoint_secrets (
        environment_id text not null,
        endpoint_id text collate "C" not null,
        id text collate "C" not null,
        sealed_secret bytea not null,
        created_at timestamptz not null,
        primary key (environment_id, endpoint_id, id)
      );
      ${isolated('endpoint_secrets', { system: true })}
      grant select, insert, delete on endpoint_secrets to sallyport_runtime;
      grant select on endpoint_secrets to sallyport_system;

      -- What keeps duplicates out: one row for each event, decided by the insert itself.
      create table event_keys (
        environment_id text not null,
        endpoint_id text collate "C" not null,
        key bytea not null check (octet_length(key) = 32),
        event_id text collate "C" not null,
        primary key (environment_id, endpoint_id, key)
      );
      ${isolated('event_keys')}
      grant select, insert on event_keys to sallyport_runtime;

      -- Partitioned by time: ids begin with it, so the key needs no second column.
      create table events (
        environment_id text not null,
        id text collate "C" not null,
        endpoint_id text collate "C" not null,
        platform text not null,
        type text,
        platform_event text,
        received_at timestamptz not null,
        bytes integer not null,
        digest bytea not null,
        content_type text not null,
        sealed_body bytea not null,
        primary key (environment_id, id)
      ) partition by range (id);
      ${isolated('events')}
      grant select, insert on events to sallyport_runtime;

      -- The gateway owns nothing; this is all it may do about partitions: make one that isn't there yet.
      create function ensure_event_partition(label text, low text, high text) returns boolean
      language plpgsql security definer set search_path = sallyport, pg_temp as $$
      begin
        if label !~ '^[0-9]{6}$' or low !~ '^evt_[0-9a-z]{26}$' or high !~ '^evt_[0-9a-z]{26}$' then
          raise exception 'not a partition of events' using errcode = '22023';
        end if;
        perform pg_advisory_xact_lock(hashtextextended('sallyport:events.partitions', 0));
        if to_regclass('sallyport.events_' || label) is not null then
          return false;
        end if;
        execute format('create table sallyport.events_%s partition of sallyport.events for values from (%L) to (%L)', label, low, high);
        execute format('alter table sallyport.events_%s enable row level security', label);
        execute format('alter table sallyport.events_%s force row level security', label);
        return true;
      end $$;
      revoke all on function ensure_event_partition(text, text, text) from public;
      grant execute on function ensure_event_partition(text, text, text) to sallyport_system;
    `,
  },
  {
    number: 61,
    name: 'from where endpoints may be called, and from where they are',
    sql: `
      alter table endpoints add column allowed_addresses text[] not null default '{}';
      grant update (allowed_addresses) on endpoints to sallyport_runtime;

      create table endpoint_callers (
        environment_id text not null,
        endpoint_id text collate "C" not null,
        day date not null,
        outcome text not null check (outcome in ('verified', 'refused')),
        address text collate "C" not null,
        webhooks bigint not null,
        first_at timestamptz not null,
        last_at timestamptz not null,
        primary key (environment_id, endpoint_id, day, outcome, address)
      );
      create index endpoint_callers_day on endpoint_callers (day);
      ${isolated('endpoint_callers', { system: true })}
      grant select, insert on endpoint_callers to sallyport_runtime;
      grant update (webhooks, first_at, last_at) on endpoint_callers to sallyport_runtime;
      grant select, delete on endpoint_callers to sallyport_system;
    `,
  },
  {
    number: 62,
    name: 'events of an environment that is over can be deleted',
    sql: `
      ${erasable('endpoint_callers', ['endpoint_id', 'day', 'outcome', 'address'])}
      ${erasable('endpoint_secrets', ['endpoint_id', 'id'])}
      ${erasable('endpoints', ['id'])}
      ${erasable('event_keys', ['endpoint_id', 'key'])}
      ${erasable('events', ['id'])}
    `,
  },
  {
    number: 63,
    name: 'events can be held, keep headers, and may have come in at no endpoint',
    sql: `
      alter table events alter column endpoint_id drop not null;
      alter table events add column state text not null default 'accepted'
        check (state in ('accepted', 'quarantined', 'unconfirmed', 'discarded'));
      -- Why it is held, and where in the rules; nothing of what it carries.
      alter table events add column reason text;
      alter table events add column detail text;
      -- Headers are sealed in front of the body. Null: sealed before there were any.
      alter table events add column head_bytes integer;
      -- Few events are held: what is not costs nothing here.
      create index events_held on events (environment_id, state, id) where state <> 'accepted';
      grant update (state, reason, detail) on events to sallyport_runtime;
    `,
  },
  {
    number: 64,
    name: 'endpoints have settings, secrets that end, and counts of what became of webhooks',
    sql: `
      -- Endpoints from before go on as they were: their bodies may have any structure.
      alter table endpoints add column settings jsonb not null default '{"structure":"any"}';
      alter table endpoints alter column settings set default '{}';
      alter table endpoints add column scheme jsonb;
      grant update (settings) on endpoints to sallyport_runtime;

      alter table endpoint_secrets add column ends_at timestamptz;
      alter table endpoint_secrets add column uses bigint not null default 0;
      alter table endpoint_secrets add column last_used_at timestamptz;
      grant update (ends_at, uses, last_used_at) on endpoint_secrets to sallyport_runtime;

      create table endpoint_counts (
        environment_id text not null,
        endpoint_id text collate "C" not null,
        day date not null,
        outcome text not null check
          (outcome in ('accepted', 'duplicate', 'filtered', 'quarantined', 'unconfirmed', 'refused')),
        reason text collate "C" not null,
        webhooks bigint not null,
        last_at timestamptz not null,
        primary key (environment_id, endpoint_id, day, outcome, reason)
      );
      create index endpoint_counts_day on endpoint_counts (day);
      ${isolated('endpoint_counts', { system: true })}
      grant select, insert on endpoint_counts to sallyport_runtime;
      grant update (webhooks, last_at) on endpoint_counts to sallyport_runtime;
      grant select, delete on endpoint_counts to sallyport_system;
      ${erasable('endpoint_counts', ['endpoint_id', 'day', 'outcome', 'reason'])}
    `,
  },
  {
    number: 65,
    name: 'events that wait until their platform was asked',
    sql: `
      create table event_confirmations (
        environment_id text not null,
        event_id text collate "C" not null,
        endpoint_id text collate "C" not null,
        since timestamptz not null,
        attempts integer not null default 0,
        next_attempt_at timestamptz not null,
        last_reason text,
        primary key (environment_id, event_id)
      );
      create index event_confirmations_due on event_confirmations (next_attempt_at);
      create index event_confirmations_endpoint on event_confirmations (environment_id, endpoint_id);
      ${isolated('event_confirmations', { system: true })}
      grant select, insert, delete on event_confirmations to sallyport_runtime;
      grant update (next_attempt_at, last_reason) on event_confirmations to sallyport_runtime;
      grant select on event_confirmations to sallyport_system;
      grant update (next_attempt_at, attempts) on event_confirmations to sallyport_system;
      ${erasable('event_confirmations', ['event_id'])}
    `,
  },
  {
    number: 67,
    name: 'only own events come in at no endpoint',
    sql: `
      -- Not checked for what is there: all of it came in at an endpoint.
      alter table events add constraint events_own check (endpoint_id is not null or platform = 'sallyport') not valid;
    `,
  },
  {
    number: 70,
    name: 'months of events end',
    sql: `
      ${retirable('events')}
      -- To count what will be lost: of whom, and nothing else of them.
      create policy events_system on events for select to sallyport_system using (current_user = 'sallyport_system');
      grant select (environment_id, id) on events to sallyport_system;
      -- Duplicate keys of events that are not kept any longer.
      create policy event_keys_system on event_keys to sallyport_system using (current_user = 'sallyport_system');
      grant select (event_id, ctid), delete on event_keys to sallyport_system;
    `,
  },
  {
    number: 71,
    name: 'events are found by endpoint and by type, however many there are',
    sql: `
      -- Each costs an event some 120 bytes of write-ahead log; without them the list of a rare type reads all of history.
      -- None begins with environment_id: until a month has statistics, a look-up by its key could take another such index for it.
      create index events_endpoint on events (endpoint_id, id);
      create index events_type on events (type, environment_id, id);
    `,
  },
  {
    number: 72,
    name: 'how often a platform said no, apart from how often it was asked',
    sql: `
      alter table event_confirmations add column denials integer not null default 0;
      grant update (denials) on event_confirmations to sallyport_runtime;
    `,
  },
];
