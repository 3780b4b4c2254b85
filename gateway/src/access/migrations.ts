import { erasable, isolated, type Migration } from '#store';

export const accessMigrations: readonly Migration[] = [
  {
    number: 40,
    name: 'keys',
    sql: `
      create table api_keys (
        environment_id text not null,
        id text not null,
        kind text not null check (kind in ('test', 'live', 'admin')),
        name text not null,
        pepper_version integer not null,
        digest bytea not null check (octet_length(digest) = 32),
        created_at timestamptz not null,
        revoked_at timestamptz,
        primary key (environment_id, id)
      );
      create unique index api_keys_digest on api_keys (digest);
      ${isolated('api_keys', { system: true })}
      grant select, insert on api_keys to sallyport_runtime;
      grant update (revoked_at) on api_keys to sallyport_runtime;
      grant select on api_keys to sallyport_system;

      create table bearer_tokens (
        environment_id text not null,
        id text not null,
        key_id text not null,
        pepper_version integer not null,
        digest bytea not null check (octet_length(digest) = 32),
        created_at timestamptz not null,
        expires_at timestamptz not null,
        primary key (environment_id, id)
      );
      create unique index bearer_tokens_digest on bearer_tokens (digest);
      create index bearer_tokens_expiry on bearer_tokens (expires_at);
      ${isolated('bearer_tokens', { system: true })}
      grant select, insert, delete on bearer_tokens to sallyport_runtime;
      grant select, delete on bearer_tokens to sallyport_system;
    `,
  },
  {
    number: 41,
    name: 'one key in force of a name',
    sql: `create unique index api_keys_name on api_keys (environment_id, name) where revoked_at is null;`,
  },
  {
    number: 42,
    name: 'what keys may do, and their secrets apart',
    sql: `
      alter table api_keys
        add column scopes text[] not null default '{}',
        add column bound_kind text check (bound_kind in ('connection', 'destination', 'policy')),
        add column bound_id text check ((bound_kind is null) = (bound_id is null)),
        add column expires_at timestamptz,
        add column allowed_addresses text[] not null default '{}',
        add column allowed_origins text[] not null default '{}',
        add column requests_per_minute integer check (requests_per_minute > 0),
        add column signed_only boolean not null default false,
        add column owner text,
        add column note text,
        add column changed_at timestamptz,
        add column uses bigint not null default 0,
        add column last_used_at timestamptz,
        add column last_address text,
        add column last_agent text;
      create index api_keys_id on api_keys (id);

      create table key_secrets (
        environment_id text not null,
        id text not null,
        key_id text not null,
        pepper_version integer not null,
        digest bytea not null check (octet_length(digest) = 32),
        created_at timestamptz not null,
        retires_at timestamptz,
        retired_at timestamptz,
        primary key (environment_id, id)
      );
      create unique index key_secrets_digest on key_secrets (digest);
      create index key_secrets_key on key_secrets (environment_id, key_id);

      -- Keys from before keep what they could do. Forced row security binds the owner as well, so it rests meanwhile.
      alter table api_keys no force row level security;
      update api_keys set scopes = case kind
        when 'admin' then array['keys:read', 'keys:write', 'connections:read', 'connections:write', 'endpoints:read',
          'endpoints:write', 'destinations:read', 'destinations:write', 'events:read', 'events:reveal', 'events:replay',
          'audit:read']
        else array['calls:send', 'secret:rotate'] end;
      insert into key_secrets (environment_id, id, key_id, pepper_version, digest, created_at)
        select environment_id, 'sec' || substr(id, 4), id, pepper_version, digest, created_at from api_keys;
      alter table api_keys force row level security;
      alter table api_keys drop column digest, drop column pepper_version;

      ${isolated('key_secrets', { system: true })}
      grant select, insert on key_secrets to sallyport_runtime;
      grant update (retires_at, retired_at) on key_secrets to sallyport_runtime;
      grant select on key_secrets to sallyport_system;
      grant update (scopes, bound_kind, bound_id, expires_at, allowed_addresses, allowed_origins, requests_per_minute,
        signed_only, owner, note, changed_at, uses, last_used_at, last_address, last_agent) on api_keys to sallyport_runtime;

      alter table bearer_tokens add column secret_id text;
      create index bearer_tokens_key on bearer_tokens (environment_id, key_id);
      revoke delete on bearer_tokens from sallyport_runtime;
    `,
  },
  {
    number: 43,
    name: 'who uses keys',
    sql: `
      create table key_callers (
        environment_id text not null,
        key_id text not null,
        credential_id text not null,
        day date not null,
        address text not null,
        agent text not null,
        uses bigint not null,
        first_used_at timestamptz not null,
        last_used_at timestamptz not null,
        primary key (environment_id, key_id, credential_id, day, address, agent)
      );
      create index key_callers_day on key_callers (day);
      ${isolated('key_callers', { system: true })}
      grant select, insert on key_callers to sallyport_runtime;
      grant update (uses, last_used_at) on key_callers to sallyport_runtime;
      grant select, delete on key_callers to sallyport_system;
    `,
  },
  {
    number: 44,
    name: 'signatures of requests',
    sql: `
      create table key_signers (
        environment_id text not null,
        id text not null,
        key_id text not null,
        scheme text not null,
        algorithm text not null check (algorithm in ('hmac-sha256', 'ed25519', 'ml-dsa-65')),
        sealed_secret bytea,
        public_key text,
        created_at timestamptz not null,
        retires_at timestamptz,
        retired_at timestamptz,
        primary key (environment_id, id),
        check ((algorithm = 'hmac-sha256') = (sealed_secret is not null)),
        check ((algorithm = 'hmac-sha256') = (public_key is null))
      );
      create index key_signers_key on key_signers (environment_id, key_id);
      ${isolated('key_signers')}
      grant select, insert on key_signers to sallyport_runtime;
      grant update (retires_at, retired_at) on key_signers to sallyport_runtime;

      create table seen_signatures (
        environment_id text not null,
        digest bytea not null check (octet_length(digest) = 32),
        expires_at timestamptz not null,
        primary key (environment_id, digest)
      );
      create index seen_signatures_expiry on seen_signatures (expires_at);
      ${isolated('seen_signatures', { system: true })}
      grant select, insert on seen_signatures to sallyport_system;
      grant delete on seen_signatures to sallyport_system;
    `,
  },
  {
    number: 45,
    name: 'answers to a rotation, for whoever lost one',
    sql: `
      create table rotation_answers (
        environment_id text not null,
        key_id text not null,
        request_digest bytea not null check (octet_length(request_digest) = 32),
        secret_id text not null,
        sealed_answer bytea not null,
        expires_at timestamptz not null,
        primary key (environment_id, key_id, request_digest)
      );
      create index rotation_answers_expiry on rotation_answers (expires_at);
      ${isolated('rotation_answers', { system: true })}
      grant select, insert, update (secret_id, sealed_answer, expires_at) on rotation_answers to sallyport_runtime;
      grant select (environment_id, key_id, request_digest, expires_at), delete on rotation_answers to sallyport_system;
    `,
  },
  {
    number: 49,
    name: 'keys of an environment that is over can be deleted',
    sql: `
      ${erasable('bearer_tokens', ['id'])}
      ${erasable('rotation_answers', ['key_id', 'request_digest'])}
      ${erasable('seen_signatures', ['digest'])}
      ${erasable('key_signers', ['id'])}
      ${erasable('key_callers', ['key_id', 'credential_id', 'day', 'address', 'agent'])}
      ${erasable('key_secrets', ['id'])}
      ${erasable('api_keys', ['id'])}
    `,
  },
];
