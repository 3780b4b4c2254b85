import { erasable, isolated, type Migration } from '#store';

export const auditMigrations: readonly Migration[] = [
  {
    number: 30,
    name: 'log',
    sql: `
      -- Entries wait here, written in the transaction of their act, until the sequencer gives them their place.
      create table audit_pending (
        environment_id text not null,
        id text not null,
        recorded_at timestamptz not null,
        entry bytea not null,
        primary key (environment_id, id)
      );
      ${isolated('audit_pending', { system: true })}
      grant insert on audit_pending to sallyport_runtime;
      grant select, delete on audit_pending to sallyport_system;

      -- The log. Nobody may change or delete what stands here.
      create table audit_entries (
        environment_id text not null,
        leaf_index bigint not null check (leaf_index >= 0),
        leaf bytea not null check (octet_length(leaf) = 32),
        action text not null,
        resource text,
        entry bytea not null,
        primary key (environment_id, leaf_index)
      );
      create index audit_entries_resource on audit_entries (environment_id, resource, leaf_index) where resource is not null;
      ${isolated('audit_entries', { system: true })}
      grant select on audit_entries to sallyport_runtime;
      grant insert on audit_entries to sallyport_system;

      create table audit_trees (
        environment_id text not null primary key,
        size bigint not null,
        frontier bytea not null,
        signed_size bigint not null default 0,
        signed_at timestamptz
      );
      ${isolated('audit_trees', { system: true })}
      grant select on audit_trees to sallyport_runtime;
      grant select, insert, update on audit_trees to sallyport_system;

      create table audit_checkpoints (
        environment_id text not null,
        size bigint not null,
        note text not null,
        primary key (environment_id, size)
      );
      ${isolated('audit_checkpoints', { system: true })}
      grant select on audit_checkpoints to sallyport_runtime;
      grant insert on audit_checkpoints to sallyport_system;

      create table audit_signers (
        environment_id text not null primary key,
        verifier_key text not null,
        sealed_key bytea not null
      );
      ${isolated('audit_signers')}
      grant select, insert on audit_signers to sallyport_runtime;
    `,
  },
  {
    number: 31,
    name: 'the log of an environment that is over can be deleted',
    sql: `
      ${erasable('audit_trees', [])}
      ${erasable('audit_signers', [])}
      ${erasable('audit_pending', ['id'])}
      ${erasable('audit_checkpoints', ['size'])}
      ${erasable('audit_entries', ['leaf_index'])}
    `,
  },
  {
    number: 32,
    name: 'what an entry is found by stands beside it while it waits',
    sql: `
      -- So that an entry gets its place without leaving the database. A node of the version before leaves them out.
      alter table audit_pending add column action text, add column resource text;
    `,
  },
];
