import { accessMigrations } from '#access';
import { auditMigrations } from '#audit';
import { connectionMigrations } from '#connections';
import { deliveryMigrations } from '#delivery';
import { environmentsMigrations } from '#environments';
import { ingestMigrations } from '#ingest';
import { keyringMigrations } from '#keyring';
import { type Migration, storeMigrations } from '#store';

/** Every migration of the gateway; each room brings its own, numbered in a range of its own. */
export const allMigrations: readonly Migration[] = Object.freeze([
  ...storeMigrations,
  ...environmentsMigrations,
  ...keyringMigrations,
  ...auditMigrations,
  ...accessMigrations,
  ...connectionMigrations,
  ...ingestMigrations,
  ...deliveryMigrations,
]);
