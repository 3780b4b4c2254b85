import { fork } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadChild } from './child.harness.ts';
import type { Victim } from './ordeal.harness.ts';
import type { PressureOptions, PressureResult } from './pressure.ts';
import { settled } from './run.harness.ts';
import { type Setup, setUp } from './setup.harness.ts';
import { type Findings, verifyCampaign } from './verify.harness.ts';

export interface SiegeOptions {
  readonly victim: Victim;
  readonly seed: string;
  readonly awayMs: number;
  readonly perSecond: PressureOptions['perSecond'];
  readonly strike: () => Promise<void>;
  readonly relieve: () => Promise<void>;
}

/** What a gateway did while its database was away. */
export interface Endured {
  readonly pressure: PressureResult;
  readonly findings: Findings;
  /** Calls that reached the platform, by the phase in which they were made; those that came while the database was away. */
  readonly reached: { readonly whileAway: readonly string[]; readonly unlogged: readonly string[] };
  /** From the beginning of the outage to the first 503 of `/readyz`, and from its end to the first 200. */
  readonly readyMs: { readonly lost: number; readonly back: number };
  /** The slowest answers of `/livez` and of `/readyz` meanwhile. */
  readonly probeMs: { readonly live: number; readonly ready: number };
  readonly liveStatuses: readonly number[];
  /** Resident memory before, and at most meanwhile. */
  readonly rssMib: { readonly before: number; readonly most: number };
  /** Lines that the gateway wrote meanwhile and until it was back. */
  readonly lines: readonly string[];
  /** From the end of the outage until all was stored and delivered that had been refused. */
  readonly caughtUpMs: number;
  readonly code: number | null;
}

const WARM_MS = 3_000;
/** Acts that were under way get to reach the platform. */
const UNDER_WAY_MS = 300;
const PROBE_EVERY_MS = 250;
const VERIFY_TRIES_MAX = 25;
const VERIFY_AGAIN_MS = 1_000;
const MIB = 1 << 20;

/** Takes the database away from a gateway of default limits under load, for a time, and gives it back. */
export async function siege(options: SiegeOptions): Promise<Endured> {
  const { victim, seed } = options;
  const setup = await setUp(victim.url, 'default', false);
  const errors = await open(join(setup.directory, 'errors.log'), 'a', 0o600);
  const child = loadChild({ file: setup.file, cache: join(setup.directory, 'cache'), errors: errors.fd });
  await child.start();
  const pressure = await press(setup, options);
  try {
    await delay(WARM_MS);
    const watch = watchOver(setup, child.pid ?? 0);
    await options.strike();
    await pressure.phase('away');
    const struckAt = performance.now();
    watch.begin();
    await delay(UNDER_WAY_MS);
    const before = new Set(setup.platform.calls.keys());
    await delay(options.awayMs - UNDER_WAY_MS);
    await pressure.phase('back');
    const whileAway = [...setup.platform.calls.keys()].filter((call) => !before.has(call));
    await options.relieve();
    const relievedAt = performance.now();
    const backMs = await watch.ready();
    const endured = await watch.end();
    const lines = (await readFile(join(setup.directory, 'errors.log'), 'utf8')).split('\n').slice(0, -1);
    await delay(WARM_MS);
    const result = await pressure.finish();
    await settled(setup);
    const caughtUpMs = performance.now() - relievedAt;
    const acknowledged = { ...result, violations: [], pull: null };
    let findings = await verifyCampaign(setup, acknowledged, seed);
    for (let tries = 1; findings.problems.length > 0 && tries < VERIFY_TRIES_MAX; tries += 1) {
      await delay(VERIFY_AGAIN_MS);
      findings = await verifyCampaign(setup, acknowledged, seed);
    }
    const requestOf = new Map(result.calls);
    const unlogged = [...setup.platform.calls.keys()].filter((call) => {
      const request = requestOf.get(call) ?? null;
      return request !== null && !findings.calls.has(request);
    });
    return {
      ...endured,
      pressure: result,
      findings,
      reached: { whileAway, unlogged },
      readyMs: { lost: endured.lostAt - struckAt, back: backMs - relievedAt },
      lines,
      caughtUpMs,
      code: await child.stop(),
    };
  } finally {
    pressure.kill();
    child.kill();
    await child.exited;
    await errors.close();
    await setup.remove();
  }
}

/** The senders, in a process of their own. */
async function press(setup: Setup, { seed, perSecond }: SiegeOptions) {
  const child = fork(fileURLToPath(new URL('./pressure.harness.ts', import.meta.url)), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const result = new Promise<PressureResult>((resolve, reject) => {
    child.on('message', (message: { result?: PressureResult }) => {
      if (message.result !== undefined) resolve(message.result);
    });
    child.once('exit', (code) => reject(new Error(`the senders ended early: ${code}`)));
  });
  result.catch(() => undefined);
  const endpoints = setup.places.map(({ endpoint: { path, secret }, applicationKey: key, out }) => ({
    path,
    secret,
    key,
    out,
  }));
  const begin: PressureOptions = { url: setup.url, ca: setup.ca, seed, endpoints, perSecond };
  child.send({ begin });
  return {
    /** What leaves from now on belongs to it; resolves when the senders know. */
    async phase(name: string): Promise<void> {
      const told = once(child, 'message');
      child.send({ phase: name });
      await told;
    },
    finish(): Promise<PressureResult> {
      child.send('finish');
      return result;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Asks the gateway how it is, and looks at its memory, every quarter of a second. */
function watchOver({ call }: Setup, pid: number) {
  const probeMs = { live: 0, ready: 0 };
  const liveStatuses = new Set<number>();
  const rssMib = { before: 0, most: 0 };
  let lostAt = Number.NaN;
  let isOver = false;
  let isBegun = false;
  let whenReady: (atMs: number) => void = () => undefined;
  const isReadyAgain = new Promise<number>((resolve) => {
    whenReady = resolve;
  });
  const ask = async (path: '/livez' | '/readyz'): Promise<{ status: number; tookMs: number }> => {
    const from = performance.now();
    const { status } = await call({ path });
    return { status, tookMs: performance.now() - from };
  };
  const watchMemory = async (): Promise<void> => {
    for (rssMib.before = await rssMibOf(pid); !isOver; await delay(PROBE_EVERY_MS))
      rssMib.most = Math.max(rssMib.most, await rssMibOf(pid));
  };
  const watchLife = async (): Promise<void> => {
    for (; !isOver; await delay(PROBE_EVERY_MS)) {
      const { status, tookMs } = await ask('/livez');
      liveStatuses.add(status);
      probeMs.live = Math.max(probeMs.live, tookMs);
    }
  };
  const watchReadiness = async (): Promise<void> => {
    for (; !isOver; await delay(PROBE_EVERY_MS)) {
      const { status, tookMs } = await ask('/readyz');
      probeMs.ready = Math.max(probeMs.ready, tookMs);
      if (status === 200 && !Number.isNaN(lostAt)) whenReady(performance.now());
      if (status !== 200 && isBegun && Number.isNaN(lostAt)) lostAt = performance.now();
    }
  };
  const memory = watchMemory();
  let watched: Promise<unknown> = memory;
  return {
    begin(): void {
      isBegun = true;
      watched = Promise.all([memory, watchLife(), watchReadiness()]);
    },
    /** When it was ready again. */
    ready: () => isReadyAgain,
    async end() {
      isOver = true;
      await watched;
      return { probeMs, liveStatuses: [...liveStatuses], rssMib, lostAt };
    },
  };
}

async function rssMibOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return (Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) * 1_024) / MIB;
}
