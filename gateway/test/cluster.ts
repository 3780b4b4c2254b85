import { execFile } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Secret, silentLog } from '#base';
import { removeEmbedded, startEmbedded } from '#store';
import { dataFolderOf } from '../crash/postgres.ts';

/** A Postgres for tests. */
export interface TestCluster {
  /** Its user may make databases. */
  readonly url: Secret;
  /** Where its log is. */
  readonly directory: string;
  /** Ends it; what it wrote stays, for whoever looks through its pages, until {@link remove}. */
  stop(): Promise<void>;
  /** Ends it and deletes all of it. */
  remove(): Promise<void>;
}

const run = promisify(execFile);

/** How many programs remove databases. */
const REMOVERS = 8;

/**
 * Many test processes, each with pools of its own; and pages must stay as they were written, for the leak check. It never has to
 * mend a page that was half written when the machine lost power; that commits reach the disk is asked for by every store.
 */
const SETTINGS = Object.freeze({
  max_connections: '400',
  autovacuum: 'off',
  max_wal_size: '2GB',
  full_page_writes: 'off',
});

/**
 * Starts a cluster under `SALLYPORT_TEST_RUN_DIR`, else in a temporary folder. The runner does so once and passes its
 * address on as `SALLYPORT_TEST_DATABASE_URL`; a test file run alone does it for itself.
 */
export async function startTestCluster(): Promise<TestCluster> {
  const parent = process.env['SALLYPORT_TEST_RUN_DIR'] ?? tmpdir();
  const directory = await mkdtemp(join(parent, 'sallyport-test-'));
  const server = await startEmbedded({ directory, log: silentLog, settings: SETTINGS });
  return {
    url: server.url,
    directory,
    stop: () => server.stop(),
    async remove() {
      await server.stop();
      await removeDatabases(join(await dataFolderOf(directory), 'base'));
      await removeEmbedded({ directory, log: silentLog });
    },
  };
}

/** Several at a time: a disk that is busy lets each removal of a file wait, and a run leaves 150,000 of them. */
async function removeDatabases(base: string): Promise<void> {
  const folders = (await readdir(base)).map((name) => join(base, name));
  const shares = Array.from({ length: REMOVERS }, (_, share) =>
    folders.filter((__, index) => index % REMOVERS === share),
  );
  await Promise.all(shares.map((share) => run('/bin/rm', ['-rf', '--', ...share])));
}
