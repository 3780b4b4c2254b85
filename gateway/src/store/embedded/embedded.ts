import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, type Log, Secret } from '#base';
import { serviceAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { CLUSTER_DATABASE, CLUSTER_USER, ensureCluster } from './cluster.ts';
import { type Home, isPrivate, openHome, readLocation } from './home.ts';
import { endOrphan } from './orphan.ts';
import { claim } from './ownership.ts';
import { removeAs } from './remove.ts';
import { startServer } from './server.ts';
import { embeddedFailed } from './trouble.ts';

/** A Postgres that belongs to this process. */
export interface Embedded {
  /** For the gateway and for its migrations alike. */
  readonly url: Secret;
  /** Ends the server and resolves when it has ended. */
  stop(): Promise<void>;
  /** Resolves when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
}

export interface EmbeddedOptions {
  /** The state folder of the server, made with mode 0700. When we are root, the data is elsewhere; see `location.json`. */
  readonly directory: string;
  readonly log: Log;
  /** Server settings in place of the usual ones; for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts the embedded Postgres of a state folder, making it first where there is none. It listens on a Unix socket
 * only, never runs as root, ends with this process however that ends, and takes over what an earlier run left behind.
 * Throws `EMBEDDED_FAILED` with what to do, or `ALREADY_RUNNING`.
 *
 * @example const server = await startEmbedded({ directory: '.sallyport/postgres', log }); await server.stop();
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { directory, log, settings = {} } = options;
  const home = await openHome(directory).catch(explain);
  const release = await claim(home.directory).catch(explain);
  try {
    await endOrphan(home.data, log, home.socket);
    const binaries = await findBinaries(home);
    const password = await ensureCluster({ home, binaries, log });
    const server = await startServer({ home, binaries, password, settings, log });
    const exited = server.exited.then(release);
    return {
      url: urlOf(home, password),
      exited,
      async stop() {
        await server.stop();
        await exited;
      },
    };
  } catch (error) {
    await release();
    return explain(error);
  }
}

/** Ends what runs in a state folder and deletes all of it, data included. Throws `ALREADY_RUNNING`. */
export async function removeEmbedded(options: { directory: string; log: Log }): Promise<void> {
  const { directory, log } = options;
  if ((await lstat(directory).catch(() => null)) === null) return;
  if (!(await isPrivate(directory, null)))
    throw embeddedFailed({ detail: 'This is not a state folder of ours.' });
  const { home, socket } = await readLocation(directory);
  const account = await serviceAccount();
  const release = await claim(directory);
  await endOrphan(join(await realpath(home ?? directory).catch(() => directory), 'data'), log);
  if (home !== null && account !== null) {
    for (const name of await readdir(home).catch(() => [])) await removeAs(account, join(home, name));
    await rm(home, { recursive: true, force: true });
  }
  if (socket !== null && (await isPrivate(socket, account)))
    await rm(socket, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
  await release();
}

/** A disk that is full, or a folder that can't be written, may show anywhere. */
function explain(error: unknown): never {
  throw error instanceof Fault
    ? error
    : embeddedFailed({ detail: 'The state folder can not be used.', cause: error });
}

function urlOf(home: Home, password: string): Secret {
  const socket = encodeURIComponent(home.socket);
  return Secret.fromText(
    `postgres://${CLUSTER_USER}:${password}@localhost/${CLUSTER_DATABASE}?host=${socket}`,
  );
}
