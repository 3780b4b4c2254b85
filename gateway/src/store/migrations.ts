import { RUNTIME_ROLE, SYSTEM_ROLE } from './isolation.ts';
import type { Migration } from './migrate.ts';

/** The migrations of the store: numbers 1 to 9. The table of applied migrations itself is made before the first. */
export const storeMigrations: readonly Migration[] = Object.freeze([
  {
    number: 1,
    name: 'roles see which migrations are applied',
    sql: `
      grant select on schema_migrations to ${RUNTIME_ROLE}, ${SYSTEM_ROLE};
    `,
  },
]);
