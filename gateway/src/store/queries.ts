import { z } from 'zod';
import { eraseRows, erasureOf } from './erasure.ts';
import { statement } from './statement.ts';

/** The highest migration applied to the database. */
export const schemaVersion = statement(
  'store.version',
  'select max(number) as version from schema_migrations',
  (row) => {
    const version = typeof row === 'object' && row !== null && 'version' in row ? row.version : null;
    return typeof version === 'number' ? version : 0;
  },
);

/** Every migration applied to the database. */
export const appliedMigrations = statement(
  'store.applied',
  'select number from schema_migrations order by number',
  (row) => {
    const number = typeof row === 'object' && row !== null && 'number' in row ? row.number : null;
    return typeof number === 'number' ? number : 0;
  },
);

/**
 * Held until the transaction is over and its rows are to be seen: versions are seen in their order, and none turns up
 * behind a later one.
 */
export const lockChanges = statement(
  'store.lock_changes',
  `select pg_advisory_xact_lock(hashtextextended('sallyport:changes', 0))`,
  (): null => null,
);

export const insertChange = statement(
  'store.insert_change',
  `insert into changes (environment_id, version, subject) values ($1, nextval('changes_version'), $2)`,
  (): null => null,
);

export const notifyChange = statement('store.notify_change', `select pg_notify($1, '')`, (): null => null);

const newest = z.object({ version: z.number() });

/** System role: the version of the newest change of all. */
export const newestChange = statement(
  'store.newest_change',
  'select coalesce(max(version), 0)::float8 as version from changes',
  (row) => newest.parse(row).version,
);

const change = z.object({ version: z.number(), subject: z.string() });

/** System role: what changed after a version, anywhere, in order. */
export const changesAfter = statement(
  'store.changes_after',
  'select version::float8 as version, subject from changes where version > $1 order by version',
  (row) => change.parse(row),
);

/** System role: drops all but the newest changes. */
export const dropOldChanges = statement(
  'store.drop_old_changes',
  'delete from changes where version <= (select max(version) - $1 from changes)',
  (): null => null,
);

export const eraseChanges = statement(
  'store.erase_changes',
  eraseRows('changes', ['version']),
  (): null => null,
);

/** Empties the feed of an environment that is over. Last of all, since nodes must have heard it. */
export const storeErasure = erasureOf({ changes: eraseChanges });
