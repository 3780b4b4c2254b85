import type { Usage } from './child.ts';
import type { LoadOrder, LoadResult } from './load/load.ts';
import type { Setting } from './setting.ts';

/** A server under load, by its place in the setting. */
export interface Rival {
  readonly name: string;
  readonly server: 'gateway' | 'bareHmac' | 'sampleStack' | 'passThrough';
  readonly order: Pick<LoadOrder, 'target' | 'requests'>;
}

/** How long a run takes. */
export interface Lengths {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** One measurement of one rival, for each answer: processor time of its own process and of Postgres, and what Postgres wrote. */
export interface Measured extends LoadResult {
  readonly cpuMicroseconds: number;
  readonly databaseMicroseconds: number;
  readonly walBytes: number;
  readonly residentMiB: number;
}

export interface RoundsOptions {
  readonly setting: Setting;
  readonly rivals: readonly Rival[];
  readonly lengths: Lengths;
  readonly connections: number;
  /** Arrivals per second of a rival; `null` for full load. */
  readonly rateOf: (rival: Rival) => number | null;
}

/**
 * Measures the rivals one after the other, round after round, every second round backwards: whatever else the machine
 * does hits all alike. Gives each rival's measurements, one per round.
 */
export async function alternate(options: RoundsOptions): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const { rivals, lengths } = options;
  const measured = new Map<string, Measured[]>(rivals.map(({ name }) => [name, []]));
  for (let round = 0; round < lengths.rounds; round += 1) {
    const order = round % 2 === 0 ? rivals : rivals.toReversed();
    for (const rival of order) measured.get(rival.name)?.push(await measure(options, rival));
    process.stderr.write('.');
  }
  return measured;
}

/** Runs every rival for a while without counting, so that none is measured while its code is still being compiled. */
export async function warm({
  setting,
  rivals,
  connections,
}: Omit<RoundsOptions, 'lengths' | 'rateOf'>): Promise<void> {
  for (const { order } of rivals) {
    await setting.load({ ...order, connections, perSecond: null, warmUpMs: 0, measureMs: 2_500 });
  }
}

async function measure(
  { setting, lengths, connections, rateOf }: RoundsOptions,
  rival: Rival,
): Promise<Measured> {
  const { warmUpMs, measureMs } = lengths;
  const perSecond = rateOf(rival);
  const before: Usage = await setting.usageOf(rival.server);
  const stored = await setting.database.usage();
  const result = await setting.load({ ...rival.order, connections, perSecond, warmUpMs, measureMs });
  const after = await setting.usageOf(rival.server);
  const storedAfter = await setting.database.usage();
  if (result.failures > result.answers / 100) {
    throw new Error(
      `${rival.name}: ${result.failures} of ${result.answers + result.failures} answers were refusals`,
    );
  }
  const share = measureMs / (warmUpMs + measureMs);
  const perAnswer = (from: number, to: number): number => ((to - from) * share) / result.answers;
  return {
    ...result,
    cpuMicroseconds: perAnswer(before.cpuMs, after.cpuMs) * 1_000,
    databaseMicroseconds: perAnswer(stored.cpuMs ?? Number.NaN, storedAfter.cpuMs ?? Number.NaN) * 1_000,
    walBytes: perAnswer(stored.walBytes, storedAfter.walBytes),
    residentMiB: after.residentMiB,
  };
}
