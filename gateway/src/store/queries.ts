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
