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
    number: 49,
    name: 'keys of an environment that is over can be deleted',
    sql: `
      ${erasable('bearer_tokens', ['id'])}
      ${erasable('api_keys', ['id'])}
    `,
  },
];
