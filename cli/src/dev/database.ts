import { lstat, rm } from 'node:fs/promises';
import type { Config, Log, Secret } from '@sallyport/gateway';
import type { GatewayModule } from './seed.ts';

/** The database of a start: the one that DATABASE_URL names, or an embedded one; migrated. */
export interface Database {
  readonly url: Secret;
  readonly isEmbedded: boolean;
  /** Resolves when an embedded one has ended; never otherwise. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

export async function openDatabase(given: {
  readonly gateway: GatewayModule;
  readonly config: Config;
  readonly directory: string;
  readonly log: Log;
}): Promise<Database> {
  const { gateway, config, directory, log } = given;
  const { migrate, allMigrations: migrations } = gateway;
  if (config.databaseUrl !== null) {
    const url = config.databaseUrl;
    await migrate({ url: config.migrateDatabaseUrl ?? url, runtimeUrl: url, migrations, log });
    return { url, isEmbedded: false, exited: new Promise(() => undefined), stop: async () => undefined };
  }
  const server = await gateway.startEmbedded({ directory, log });
  try {
    await migrate({ url: server.url, migrations, log });
  } catch (thrown) {
    await server.stop();
    throw thrown;
  }
  return { url: server.url, isEmbedded: true, exited: server.exited, stop: () => server.stop() };
}

/**
 * Runs work that may make the root key. One made for a database that turns out to need another is taken away again:
 * it must not pass for the lost one.
 */
export async function withRootKey<T>(file: string, work: () => Promise<T>): Promise<T> {
  const wasThere = (await lstat(file).catch(() => null)) !== null;
  try {
    return await work();
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (!wasThere && code === 'ROOT_KEY_INVALID') await rm(file, { force: true });
    throw thrown;
  }
}
