import { type ChildProcess, fork } from 'node:child_process';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { silentLog } from '#base';
import { type Child, loadChild } from '../crash/child.harness.ts';
import { startVictim, type Victim } from '../crash/ordeal.harness.ts';
import { removeEmbedded } from '../src/main.ts';
import type { ApplicationCounts } from './application.harness.ts';
import { type HeldDatabase, heldDatabase } from './held-database.harness.ts';
import { DESTINATIONS, type HeldSetup, heldFolder, heldSetup } from './held-setup.harness.ts';
import { verifyHeld } from './held-verify.ts';
import { type MachineLook, machineLooks, residentBytes } from './machine.harness.ts';
import type { PlatformCounts, PlatformOrder } from './platform.harness.ts';

/** One look at the gateway while it is under load. */
export interface Sample extends MachineLook {
  readonly atSeconds: number;
  readonly phase: number;
  readonly residentBytes: number;
  /** Acknowledged, and not taken yet, by destination. */
  readonly untaken: Readonly<Record<string, number>>;
  readonly underWay: number;
  /** To the good destination, since the look before. */
  readonly deliveryP99Ms: number;
}

export interface Held {
  /** Webhooks a second, at most: taken, and taken and delivered to three destinations that are well. */
  readonly takenMax: number | null;
  readonly sustainedMax: number;
  readonly rate: number;
  readonly control: PhaseFigures;
  readonly hold: PhaseFigures;
  readonly samples: readonly Sample[];
  readonly platform: PlatformCounts;
  readonly application: ApplicationCounts;
  readonly stored: number;
  readonly deliveredAgain: number;
  readonly databaseBytes: number;
  /** Kept in a file system in memory, which no disk makes wait. */
  readonly isInMemory: boolean;
  readonly drainMs: number;
  readonly problems: readonly string[];
}

export interface PhaseFigures {
  readonly seconds: number;
  readonly acknowledgement: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly delivery: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly count: number;
}

interface Parts {
  readonly setup: HeldSetup;
  readonly database: HeldDatabase;
  readonly platform: Teller;
  readonly application: Teller;
  readonly victim: Victim;
  readonly load: () => Child;
  readonly tell: (text: string) => void;
}

// What processes of ours say to each other needs no check of every number.
const portShape = z.object({ port: z.number() });
const applicationShape = z.object({ counts: z.custom<ApplicationCounts>() });
const platformShape = z.object({ counts: z.custom<PlatformCounts>() });
const acknowledgedShape = z.object({ acknowledged: z.custom<number[]>() });
const takenShape = z.object({ taken: z.custom<Record<string, [number, number][]>>() });
export const PHASE = Object.freeze({ measure: 0, control: 1, hold: 2 });
const PROBE_MS = 10_000;
/** What goes well for ten seconds on an empty database may pile up within a minute. */
const SUSTAIN_MS = 60_000;
const STEP = 0.85;
const WARM_MS = 20_000;
/** So often the control and the bad ones take turns, and of so many windows of a round the first is the control. */
export const ROUNDS = 6;
export const WINDOWS = 6;
const SAMPLE_MS = 10_000;
const SAMPLE_MS_SHORT = 2_000;
const DRAIN_MS_MAX = 600_000;
const QUIET_MS_MAX = 60_000;
/** https://man7.org/linux/man-pages/man2/statfs.2.html */
const TMPFS = 0x01021994;
const EMPTY = Object.freeze({ count: 0, p50: Number.NaN, p99: Number.NaN, max: Number.NaN });

/** Runs one; a finding is a value. */
export async function runHeld(
  options: { minutes: number; share: number; rate: number | null },
  tell: (text: string) => void,
): Promise<Held> {
  const { directory, tls, ca } = await heldFolder();
  const victim = await startVictim(join(directory, 'postgres'));
  const errors = await open(join(directory, 'errors.log'), 'a', 0o600);
  const children: Child[] = [];
  const application = teller('./application.harness.ts');
  const platform = teller('./platform.harness.ts');
  try {
    const { port } = await application.ask(portShape, { begin: tls });
    const setup = await heldSetup({ directory, databaseUrl: victim.url, tls, ca, applicationPort: port });
    const load = (): Child => {
      const child = loadChild({ file: setup.file, cache: join(directory, 'cache'), errors: errors.fd });
      children.push(child);
      return child;
    };
    platform.tell({ begin: { url: setup.url, ca, ...setup.endpoint } });
    const database = heldDatabase(victim.url, setup.environment);
    return await hold(options, { setup, database, platform, application, victim, load, tell });
  } finally {
    platform.end();
    application.end();
    for (const child of children) child.kill();
    await Promise.all(children.map(({ exited }) => exited));
    await errors.close();
    await victim.end();
    await removeEmbedded({ directory: join(directory, 'postgres'), log: silentLog });
    await rm(directory, { recursive: true, force: true });
  }
}

async function hold(
  { minutes, share, rate: given }: { minutes: number; share: number; rate: number | null },
  parts: Parts,
): Promise<Held> {
  const { setup, database, platform, application, victim, load, tell } = parts;
  let child = load();
  await child.start();
  const maximum = given === null ? await measureMaximum(parts) : { takenMax: null, sustainedMax: given };
  const rate = maximum.sustainedMax * share;
  tell(`${rate.toFixed(0)} webhooks a second from here on`);
  const windowMs = (minutes * 60_000) / (ROUNDS * WINDOWS);
  const samples: Sample[] = [];
  order(platform, { phase: PHASE.measure, rate }); // what has just been started is slow at first, and that is no part of either
  await delay(WARM_MS);
  const look = looks(parts, child);
  const run = async (phase: number, ms: number): Promise<void> => {
    await look(phase); // what came before is no part of it
    order(platform, { phase, rate });
    const every = minutes >= 6 ? SAMPLE_MS : SAMPLE_MS_SHORT;
    for (const until = performance.now() + ms; performance.now() < until; ) {
      await delay(Math.min(every, Math.max(0, until - performance.now())));
      samples.push(await look(phase));
    }
  };
  // In turn, so that both have a small database and a large one, and whatever the machine does besides.
  const hanging = idOf(setup, 'hanging');
  for (let round = 1; round <= ROUNDS; round += 1) {
    tell(`round ${round} of ${ROUNDS}: one destination is paused, the others are well`);
    application.tell({ isBad: false });
    await database.setActive(hanging, false);
    await run(PHASE.control, windowMs);
    tell('from here on one destination fails one request in ten, and one never answers');
    application.tell({ isBad: true });
    await database.setActive(hanging, true);
    await run(PHASE.hold, windowMs * (WINDOWS - 1));
  }
  const controlMs = windowMs * ROUNDS;

  // Killed under way, database and all: what was acknowledged and not on disk would be missing afterwards.
  tell('killed under load, with the database');
  await victim.kill();
  child.kill();
  await child.exited;
  order(platform, { phase: PHASE.hold, rate: 0 });
  await victim.restart();
  child = load();
  await child.start();
  await until(async () => (await counts(platform)).underWay === 0, QUIET_MS_MAX);
  const drainBegunMs = performance.now();
  const failing = idOf(setup, 'failing');
  await until(async () => {
    await database.hurry(failing);
    const due = await database.due();
    return (due.get(idOf(setup, 'good')) ?? 0) + (due.get(failing) ?? 0) === 0;
  }, DRAIN_MS_MAX);
  tell('verifying');
  const drainMs = performance.now() - drainBegunMs;
  const platformCounts = await counts(platform);
  const { counts: applicationCounts } = await application.ask(applicationShape, { ask: 'counts' });
  const { acknowledged } = await platform.ask(acknowledgedShape, { ask: 'acknowledged' });
  const { taken } = await application.ask(takenShape, { ask: 'taken' });
  const stored = await database.stored();
  const figures = (phase: number, seconds: number): PhaseFigures => ({
    seconds,
    acknowledgement: platformCounts.latencies[phase] ?? EMPTY,
    delivery: applicationCounts.latencies[phase] ?? EMPTY,
    count: platformCounts.latencies[phase]?.count ?? 0,
  });
  return {
    ...maximum,
    rate,
    control: figures(PHASE.control, controlMs / 1_000),
    hold: figures(PHASE.hold, (controlMs * (WINDOWS - 1)) / 1_000),
    samples,
    platform: platformCounts,
    application: applicationCounts,
    ...verifyHeld({ acknowledged, taken, stored, strange: applicationCounts.strange }),
    databaseBytes: await database.bytes(),
    isInMemory: (await statfs(database.folder)).type === TMPFS,
    drainMs,
  };
}

/** What it takes at most, and what it takes and also delivers: the highest rate at which nothing piles up. */
async function measureMaximum(parts: Parts): Promise<{ takenMax: number; sustainedMax: number }> {
  const { platform, tell } = parts;
  const before = await counts(platform);
  order(platform, { phase: PHASE.measure, rate: null });
  await delay(PROBE_MS);
  const takenMax = (((await counts(platform)).acknowledged - before.acknowledged) * 1_000) / PROBE_MS;
  tell(`${takenMax.toFixed(0)} webhooks a second are taken at most, however long they wait to be delivered`);
  order(platform, { phase: PHASE.measure, rate: 0 });
  await drained(parts);
  for (let rate = takenMax; ; rate *= STEP) {
    order(platform, { phase: PHASE.measure, rate });
    await delay(SUSTAIN_MS);
    const due = [...(await parts.database.due()).values()].reduce((sum, count) => sum + count, 0);
    const late = (await counts(platform)).underWay;
    tell(`at ${rate.toFixed(0)} a second ${due} deliveries and ${late} webhooks are under way or waiting`);
    order(platform, { phase: PHASE.measure, rate: 0 });
    await drained(parts);
    // A second of what comes in is under way; more is piling up.
    if (due <= rate * DESTINATIONS.length && late <= rate) return { takenMax, sustainedMax: rate };
  }
}

async function drained({ database, platform }: Parts): Promise<void> {
  await until(
    async () => (await counts(platform)).underWay === 0 && (await database.due()).size === 0,
    DRAIN_MS_MAX,
  );
}

/** Looks at what there is, without asking the database: counting what a destination has waiting there would be a load of its own. */
function looks({ application, platform, database }: Parts, child: Child): (phase: number) => Promise<Sample> {
  const begunMs = performance.now();
  const machine = machineLooks(database.folder);
  return async (phase) => {
    const { counts: taken } = await application.ask(applicationShape, { ask: 'counts' });
    const { acknowledged, underWay } = await counts(platform);
    return {
      atSeconds: Math.round((performance.now() - begunMs) / 1_000),
      phase,
      residentBytes: await residentBytes(child.pid),
      untaken: Object.fromEntries(
        DESTINATIONS.map((name) => [name, Math.max(0, acknowledged - (taken.taken[`/${name}`] ?? 0))]),
      ),
      underWay,
      deliveryP99Ms: taken.recent.p99,
      ...machine(),
    };
  };
}

function idOf({ destinations }: HeldSetup, wanted: string): string {
  return destinations.find(({ name }) => name === wanted)?.id ?? '';
}

async function counts(platform: Teller): Promise<PlatformCounts> {
  return (await platform.ask(platformShape, { ask: 'counts' })).counts;
}

function order(platform: Teller, given: PlatformOrder): void {
  platform.tell(given);
}

interface Teller {
  tell(message: object): void;
  /** One question at a time. */
  ask<T>(shape: z.ZodType<T>, message: object): Promise<T>;
  end(): void;
}

function teller(file: string): Teller {
  const child: ChildProcess = fork(new URL(file, import.meta.url), [], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  return {
    tell: (message) => void child.send(message),
    ask: (shape, message) =>
      new Promise((resolve, reject) => {
        const ended = (code: number | null): void => reject(new Error(`${file} ended: ${code}`));
        child.once('exit', ended);
        child.once('message', (answer) => {
          child.off('exit', ended);
          resolve(shape.parse(answer));
        });
        child.send(message);
      }),
    end: () => void child.kill('SIGKILL'),
  };
}

async function until(condition: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await delay(250)) {
    if (await condition()) return;
  }
  throw new Error('what was waited for did not happen in time');
}
