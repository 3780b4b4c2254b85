import { fork } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Secret } from '#base';
import { createChance } from './chance.ts';
import { type Child, loadChild } from './child.harness.ts';
import { leftovers } from './leftovers.harness.ts';
import type { LoadOptions, LoadResult, PullResult } from './load.harness.ts';
import { dataFolderOf, isAlive, killNow, postgresProcesses } from './postgres.ts';
import { beginReplay, beginReplays, replaysOver } from './replays.harness.ts';
import { type Setup, setUp } from './setup.harness.ts';
import { type Findings, isDelivering, verifyCampaign } from './verify.harness.ts';

export interface CampaignOptions {
  readonly kills: number;
  readonly seed: string;
  readonly database: 'embedded' | Secret;
  readonly webhooksPerSecond: number;
  /** A gateway that answers is left alone for up to this long before it is killed. */
  readonly loadMsMax: number;
  /** Every so many kills the embedded Postgres is killed as well. */
  readonly postgresEvery: number;
  readonly tell?: (text: string) => void;
}

export type Moment = 'load' | 'start' | 'stop';

export interface CampaignResult {
  readonly kills: Readonly<Record<Moment, number>>;
  readonly postgresKills: number;
  /** Asked to stop, and gone before the kill. */
  readonly stops: number;
  /** Replays that a gateway said it had begun before it was killed. */
  readonly replaysBegun: number;
  /** From the order to start to the listener, milliseconds: the middle one, and the longest. */
  readonly startMs: { readonly median: number; readonly max: number };
  readonly durationMs: number;
  readonly load: LoadResult;
  readonly pull: PullResult;
  readonly refusedDeliveries: number;
  readonly findings: Findings;
  readonly leftovers: readonly string[];
  /** Lines that gateways wrote at level error, by message. */
  readonly errors: ReadonlyMap<string, number>;
}

const CONNECTIONS = 6;
const LOAD_MS_MIN = 30;
const START_MS_GUESS = 500;
/** Of the gateways that answer, so many are told to replay something. */
const REPLAY_SHARE = 0.8;
/** Of these, so many are heard before the gateway may be killed, and all until one has begun: the others may be killed before. */
const HEARD_SHARE = 0.5;
const HEARD_MS_MAX = 10_000;
const STOP_MS_MAX = 250;
const FINISH_TIMEOUT_MS = 120_000;
const POLL_MS = 200;
const REAPED_TIMEOUT_MS = 5_000;
const TELL_EVERY = 25;
const ERRORS_SHOWN = 4_000;

/**
 * Kills a gateway over and over while webhooks come in, then holds what was acknowledged against what is there.
 * A finding is a value; only a campaign that can't go on throws.
 *
 * @example const { findings } = await runCampaign({ kills: 20, seed: 'one', database: 'embedded', … });
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, tell = () => undefined } = options;
  const begun = performance.now();
  const setup = await setUp(options.database);
  const errors = await open(join(setup.directory, 'errors.log'), 'a', 0o600);
  const children: Child[] = [];
  const load = () => {
    const child = loadChild({
      file: setup.file,
      cache: process.env['NODE_COMPILE_CACHE'] ?? join(setup.directory, 'cache'),
      errors: errors.fd,
    });
    children.push(child);
    return child;
  };
  const sender = startLoad(setup, options);
  try {
    const { killedAtMs, ...killed } = await killAll(options, { setup, load });
    tell('the kills are done; webhooks are being finished');
    const last = load();
    await last.start();
    const sent = await sender.finish();
    await replaysOver(setup); // only so many may be under way
    await beginReplays(setup, Date.now());
    await replaysOver(setup);
    await settled(setup);
    const pull = await sender.end();
    const code = await last.stop();
    const again = load();
    await again.start();
    tell('verifying');
    const findings = await verifyCampaign(setup, { ...sent, pull, killedAtMs }, seed);
    const problems =
      code === 0 ? findings.problems : [...findings.problems, `an orderly stop ended with ${code}`];
    again.kill();
    await again.exited;
    return {
      ...killed,
      durationMs: performance.now() - begun,
      load: sent,
      pull,
      refusedDeliveries: setup.receiver.refused(),
      findings: { ...findings, problems },
      leftovers: await leftovers({ setup, database: options.database }),
      errors: await errorsIn(setup.directory),
    };
  } catch (thrown) {
    const text = await readFile(join(setup.directory, 'errors.log'), 'utf8');
    throw new Error(`The campaign can't go on. The gateways said at last:\n${text.slice(-ERRORS_SHOWN)}`, {
      cause: thrown,
    });
  } finally {
    sender.kill();
    for (const child of children) child.kill();
    await Promise.all(children.map(({ exited }) => exited));
    await errors.close();
    await setup.remove();
  }
}

async function killAll(
  { kills, seed, postgresEvery, loadMsMax, tell = () => undefined }: CampaignOptions,
  { setup, load }: { setup: Setup; load: () => Child },
): Promise<
  Pick<CampaignResult, 'kills' | 'postgresKills' | 'stops' | 'replaysBegun' | 'startMs'> & {
    killedAtMs: number[];
  }
> {
  const chance = createChance(seed);
  const counts = { load: 0, start: 0, stop: 0 };
  const starts: number[] = [];
  const killedAtMs: number[] = [];
  let postgresKills = 0;
  let stops = 0;
  let spare: Child | null = null;
  let replaysBegun = 0;
  let replaying: Promise<boolean> | null = null;
  for (let number = 1; number <= kills; ) {
    if ((await replaying) === true) replaysBegun += 1;
    replaying = null;
    const child: Child = spare ?? load();
    spare = null;
    const draw = chance();
    const moment: Moment = draw < 0.7 ? 'load' : draw < 0.85 ? 'start' : 'stop';
    const from = performance.now();
    const beforeMs = Date.now();
    const ready = child.start();
    ready.catch(() => undefined);
    if (moment === 'start') {
      await Promise.race([ready, delay(chance() * (starts.at(-1) ?? START_MS_GUESS))]);
    } else {
      await ready;
      starts.push(performance.now() - from);
      spare = load();
      if (chance() < REPLAY_SHARE) {
        replaying = beginReplay(setup, { chance, beforeMs });
        const isHeard = chance() < HEARD_SHARE || replaysBegun === 0;
        if (isHeard) await Promise.race([replaying, delay(HEARD_MS_MAX)]);
      }
      await delay(LOAD_MS_MIN + chance() * (loadMsMax - LOAD_MS_MIN));
      if (moment === 'stop') {
        const gone = await Promise.race([
          child.stop().then(() => true),
          delay(chance() * STOP_MS_MAX, false),
        ]);
        if (gone) {
          stops += 1;
          continue;
        }
      }
    }
    let servers: readonly number[] = [];
    if (setup.embedded !== null && number % postgresEvery === 0) {
      servers = await postgresProcesses(await dataFolderOf(setup.embedded));
      killNow(servers);
      postgresKills += 1;
      if (chance() < 0.5) await delay(chance() * LOAD_MS_MIN); // sometimes it gets to see its database die
    }
    killedAtMs.push(Date.now());
    child.kill();
    await child.exited;
    await reaped(servers);
    counts[moment] += 1;
    if (number % TELL_EVERY === 0) tell(`${number} of ${kills} kills`);
    number += 1;
  }
  if ((await replaying) === true) replaysBegun += 1;
  spare?.kill();
  const sorted = starts.toSorted((left, right) => left - right);
  const startMs = { median: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
  return { kills: counts, postgresKills, stops, replaysBegun, startMs, killedAtMs };
}

/** Waits until the system has forgotten killed processes: Postgres takes one that is not yet for a living server. */
async function reaped(pids: readonly number[]): Promise<void> {
  for (const until = performance.now() + REAPED_TIMEOUT_MS; performance.now() < until; await delay(1)) {
    if (!pids.some(isAlive)) return;
  }
}

/** The platform of a campaign, in a process of its own. */
export function startLoad(
  setup: Setup,
  { seed, webhooksPerSecond }: { seed: string; webhooksPerSecond: number },
) {
  const child = fork(fileURLToPath(new URL('./load.harness.ts', import.meta.url)), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const result = Promise.withResolvers<LoadResult>();
  const pull = Promise.withResolvers<PullResult>();
  child.on('message', (message: { load: LoadResult } | { pull: PullResult }) => {
    if ('load' in message) result.resolve(message.load);
    else pull.resolve(message.pull);
  });
  child.once('exit', (code) => {
    for (const { reject } of [result, pull]) reject(new Error(`the load ended early: ${code}`));
  });
  for (const { promise } of [result, pull]) promise.catch(() => undefined);
  const begin: LoadOptions = {
    url: setup.url,
    ca: setup.ca,
    seed,
    endpoints: setup.places.map(({ endpoint: { path, secret }, applicationKey: key, pull: from }) => ({
      path,
      secret,
      key,
      pull: from ?? '',
    })),
    webhooksPerSecond,
    connections: CONNECTIONS,
  };
  child.send({ begin });
  return {
    /** No new webhooks; resolves when each that was begun is acknowledged. */
    async finish(): Promise<LoadResult> {
      child.send('finish');
      const late = delay(FINISH_TIMEOUT_MS, null, { ref: false });
      const finished = await Promise.race([result.promise, late]);
      if (finished === null) throw new Error('webhooks were not acknowledged in time');
      return finished;
    },
    /** No further pull; what was pulled. */
    end(): Promise<PullResult> {
      child.send('end');
      return pull.promise;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Waits until nothing is left to be delivered. */
export async function settled(setup: Setup): Promise<void> {
  for (const until = performance.now() + FINISH_TIMEOUT_MS; performance.now() < until; await delay(POLL_MS)) {
    if (!(await isDelivering(setup))) return;
  }
}

async function errorsIn(directory: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const line of (await readFile(join(directory, 'errors.log'), 'utf8')).split('\n')) {
    const json = /^\{.*"level":"error".*\}$/.test(line);
    const message = json ? (JSON.parse(line) as { message?: string }).message : undefined;
    const text = message ?? (line.startsWith('{') || line === '' || line.startsWith(' ') ? null : line);
    if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}
