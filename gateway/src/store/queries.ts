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
