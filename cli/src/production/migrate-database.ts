import type { Config, Log } from '@sallyport/gateway';
import { noDatabase } from './open-gateway.ts';

/** Brings the configured database up to date, as the owner of its tables. */
export async function migrateDatabase(
  config: Config,
  log: Log,
): Promise<{ applied: number[]; version: number }> {
  const { databaseUrl, migrateDatabaseUrl } = config;
  const url = migrateDatabaseUrl ?? databaseUrl;
  if (url === null) throw noDatabase();
  const { allMigrations: migrations, migrate } = await import('@sallyport/gateway');
  return migrate({ url, migrations, log, ...(databaseUrl === null ? {} : { runtimeUrl: databaseUrl }) });
}
