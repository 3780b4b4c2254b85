import { erasable, isolated, type Migration, SYSTEM_ROLE } from '#store';

export const connectionMigrations: readonly Migration[] = [
  {
    number: 50,
    name: 'connections',
    sql: `
      create table connections (
        environment_id text not null,
        id text not null,
        platform text not null,
        name text not null,
        base_url text not null,
        -- Grows with each new credential or host: a token belongs to those it was obtained with.
        credential_version integer not null,
        sealed_credential bytea not null,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        primary key (environment_id, id),
        unique (environment_id, name)
      );
      ${isolated('connections')}
      grant select, insert, delete on connections to sallyport_runtime;
      grant update (base_url, credential_version, sealed_credential, changed_at) on connections to sallyport_runtime;

      -- Bearer tokens of platforms, shared between nodes and kept over restarts.
      create table platform_tokens (
        environment_id text not null,
        connection_id text not null,
        credential_version integer not null,
        generation bigint not null,
        sealed_token bytea not null,
        obtained_at timestamptz not null,
        expires_at timestamptz not null,
        primary key (environment_id, connection_id)
      );
      ${isolated('platform_tokens')}
      grant select, insert, update, delete on platform_tokens to sallyport_runtime;
    `,
  },
  {
    number: 51,
    name: 'connections_request_checks',
    sql: `
      alter table connections add column request_checks text not null default 'lenient'
        check (request_checks in ('strict', 'lenient', 'off'));
      grant update (request_checks) on connections to sallyport_runtime;
    `,
  },
  {
    number: 52,
    name: 'credentials are of one kind of environment; connections of one that is over can be deleted',
    sql: `
      -- An HMAC under the pepper, by which the same credential is found in an environment of another kind. Only this and
      -- the environment are seen across environments.
      alter table connections add column credential_mac bytea check (octet_length(credential_mac) = 32);
      create index connections_credential on connections (credential_mac);
      create policy connections_system on connections for select to ${SYSTEM_ROLE} using (current_user = '${SYSTEM_ROLE}');
      grant select (environment_id, credential_mac) on connections to ${SYSTEM_ROLE};
      grant update (credential_mac) on connections to sallyport_runtime;
      ${erasable('platform_tokens', ['connection_id'])}
      ${erasable('connections', ['id'])}
    `,
  },
];
