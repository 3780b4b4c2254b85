import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Secret, silentLog } from '#base';
import { removeEmbedded, startEmbedded } from '#store';
import { loadChild } from './child.harness.ts';
import type { LoadResult } from './load.harness.ts';
import { dataFolderOf, killNow, postgresProcesses, signalNow } from './postgres.ts';
import { settled, startLoad } from './run.harness.ts';
import { setUp } from './setup.harness.ts';
import { type Findings, verifyCampaign } from './verify.harness.ts';

/** A Postgres that things happen to. */
export interface Victim {
  readonly url: Secret;
  /** All of its processes end at once, as by `kill -9`. */
  kill(): Promise<void>;
  /** All of its processes stop where they are: connections stay open, and nothing is answered. */
  freeze(): Promise<void>;
  /** They go on. */
  thaw(): Promise<void>;
  /** Starts it again, unless it is there. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

/** Makes one in a state folder. */
export async function startVictim(directory: string): Promise<Victim> {
  let isThere = false;
  const start = async () => {
    const started = await startEmbedded({ directory, log: silentLog });
    isThere = true;
    void started.exited.then(() => {
      isThere = false;
    });
    return started;
  };
  let server = await start();
  const signal = async (name: 'SIGSTOP' | 'SIGCONT'): Promise<void> => {
    // Twice: one may have been made while the others were looked up.
    for (const _ of [1, 2]) signalNow(await postgresProcesses(await dataFolderOf(directory)), name);
  };
  return {
    url: server.url,
    async kill() {
      killNow(await postgresProcesses(await dataFolderOf(directory)));
      await server.exited;
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async restart() {
      if (!isThere) server = await start();
    },
    end: () => server.stop(),
  };
}

/** A folder for a victim, in the file system that there is. */
export async function stateFolder(): Promise<{ directory: string; remove: () => Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), 'sallyport-ordeal-'));
  const directory = join(parent, 'postgres');
  return {
    directory,
    async remove() {
      await removeEmbedded({ directory, log: silentLog });
      await rm(parent, { recursive: true, force: true });
    },
  };
}

/** What an ordeal may look at while it goes on. */
export interface World {
  readonly victim: Victim;
  /** Resolves when the gateway says whether it reaches its database. */
  ready(isReady: boolean): Promise<void>;
}

export interface Survived {
  readonly findings: Findings;
  readonly load: LoadResult;
  /** How the gateway ended when it was told to. */
  readonly code: number | null;
}

const READY_TRIES_MAX = 600;
const POLL_MS = 50;
const VERIFY_TRIES_MAX = 25;
const VERIFY_AGAIN_MS = 1_000;

/**
 * Lets something happen to the database of a gateway that webhooks come in to and that delivers them; the gateway, a
 * process of its own, is left alone throughout. Then everything acknowledged is held against what is stored, delivered and
 * logged.
 */
export async function survive(options: {
  victim: Victim;
  seed: string;
  webhooksPerSecond: number;
  limits: Readonly<Record<string, number>>;
  ordeal: (world: World) => Promise<void>;
}): Promise<Survived> {
  const { victim, seed, webhooksPerSecond } = options;
  const setup = await setUp(victim.url, options.limits);
  const errors = await open(join(setup.directory, 'errors.log'), 'a', 0o600);
  const child = loadChild({ file: setup.file, cache: join(setup.directory, 'cache'), errors: errors.fd });
  await child.start();
  const sender = startLoad(setup, { seed, webhooksPerSecond });
  try {
    await options.ordeal({
      victim,
      async ready(isReady) {
        for (let tries = 0; tries < READY_TRIES_MAX; tries += 1) {
          const { status } = await setup.call({ path: '/readyz' });
          if ((status === 200) === isReady) return;
          await delay(POLL_MS);
        }
        throw new Error(isReady ? 'the gateway does not come back' : 'the gateway misses nothing');
      },
    });
    const load = await sender.finish();
    await settled(setup);
    const pull = await sender.end();
    const acknowledged = { ...load, pull };
    // The log is sequenced behind the acts, by a task that may be waiting out its last failure.
    let findings = await verifyCampaign(setup, acknowledged, seed);
    for (let tries = 1; findings.problems.length > 0 && tries < VERIFY_TRIES_MAX; tries += 1) {
      await delay(VERIFY_AGAIN_MS);
      findings = await verifyCampaign(setup, acknowledged, seed);
    }
    return { findings, load, code: await child.stop() };
  } finally {
    sender.kill();
    child.kill();
    await child.exited;
    await errors.close();
    await setup.remove();
  }
}
