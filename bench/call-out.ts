import { type Goal, goals, spread, table } from './report.ts';
import { alternate, type Lengths, type Measured, type Rival, warm } from './rounds.ts';
import type { Setting } from './setting.ts';
import { type Summary, summarise, summariseRatios } from './statistics.ts';

const CONNECTIONS = 32;
const RESIDENT_MAX_MIB = 250;
const METHODS = ['POST', 'GET'] as const;

/** Call out: authenticated, recorded on disk before and after, scrubbed, against a proxy that does none of it and one that only records. */
export async function callOut({ setting, lengths }: { setting: Setting; lengths: Lengths }): Promise<string> {
  const rows: string[][] = [];
  const list: Goal[] = [];
  const notes: string[] = [];
  let residentMiB = 0;
  for (const method of METHODS) {
    const { ours, bare, recording, rivals } = rivalsOf(setting, method);
    const common = { setting, lengths, rivals, connections: CONNECTIONS };
    await warm(common);
    const full = await alternate({ ...common, rateOf: () => null });
    const fullOurs = full.get(ours.name) ?? [];
    const fullBare = full.get(bare.name) ?? [];
    const half = summarise(fullOurs.map(({ perSecond }) => perSecond)).median / 2;
    const partial = await alternate({ ...common, rateOf: () => half });
    const halfOurs = partial.get(ours.name) ?? [];
    const halfBare = partial.get(bare.name) ?? [];
    residentMiB = Math.max(residentMiB, ...[...fullOurs, ...halfOurs].map((one) => one.residentMiB));
    const fullRecording = full.get(recording.name) ?? [];
    const halfRecording = partial.get(recording.name) ?? [];
    rows.push(
      rowOf(ours.name, fullOurs, halfOurs),
      rowOf(bare.name, fullBare, halfBare),
      rowOf(recording.name, fullRecording, halfRecording),
    );
    list.push(...goalsOf(method, { fullOurs, fullBare, halfOurs, halfBare }));
    notes.push(noteOf(method, { fullOurs, fullRecording, halfBare, halfRecording }));
  }
  list.push({
    what: 'resident under that load',
    target: `≤ ${RESIDENT_MAX_MIB} MiB`,
    measured: `${residentMiB.toFixed(0)} MiB`,
    met: residentMiB <= RESIDENT_MAX_MIB,
  });
  return [
    '# Call out',
    '',
    `1 KiB out (POST) and 1 KiB back, over ${CONNECTIONS} kept connections, to a fixed HTTPS upstream. The rival replaces the credential and`,
    'streams both ways with undici, over the same TLS. A second one also commits a row before it calls, and another one before its answer',
    'ends: the least with which no call leaves without a trace. “Half load” is half of what ours does at full load, and the same',
    'arrivals per second for all.',
    '',
    table(
      [
        'server',
        'calls/s at full load',
        'own CPU µs per call',
        'Postgres CPU µs',
        'WAL bytes',
        'p50 ms at half load',
        'p99 ms',
        'generator’s own p99 delay ms',
      ],
      rows,
    ),
    '',
    goals(list),
    '',
    ...notes,
    '',
  ].join('\n');
}

function rivalsOf(
  { ca, gateway, passThrough }: Setting,
  method: (typeof METHODS)[number],
): { ours: Rival; bare: Rival; recording: Rival; rivals: readonly Rival[] } {
  const path = '/api/v1/orders/ord_0123456789abcdef';
  const ours: Rival = {
    name: `Sallyport, ${method}`,
    server: 'gateway',
    order: {
      target: { port: gateway.https, ca },
      requests: { kind: 'call', method, path: gateway.connectionPath + path, key: gateway.key },
    },
  };
  const bare: Rival = {
    name: `bare pass-through, ${method}`,
    server: 'passThrough',
    order: {
      target: { port: passThrough.https, ca },
      requests: { kind: 'call', method, path, key: gateway.key },
    },
  };
  const recording: Rival = {
    name: `recording pass-through, ${method}`,
    server: 'passThrough',
    order: { ...bare.order, target: { port: passThrough.recording, ca } },
  };
  return { ours, bare, recording, rivals: [ours, bare, recording] };
}

function rowOf(name: string, full: readonly Measured[], half: readonly Measured[]): string[] {
  return [
    name,
    spread(summarise(full.map(({ perSecond }) => perSecond)), 0),
    spread(summarise(full.map(({ cpuMicroseconds }) => cpuMicroseconds)), 0),
    spread(summarise(full.map(({ databaseMicroseconds }) => databaseMicroseconds)), 0),
    summarise(full.map(({ walBytes }) => walBytes)).median.toFixed(0),
    spread(summarise(half.map(({ p50Ms }) => p50Ms))),
    spread(summarise(half.map(({ p99Ms }) => p99Ms))),
    spread(summarise(half.map(({ ownDelayMs }) => ownDelayMs))),
  ];
}

/** What the record alone costs: it is the part of ours that no code can save. */
function noteOf(
  method: string,
  {
    fullOurs,
    fullRecording,
    halfBare,
    halfRecording,
  }: Pick<Results, 'fullOurs' | 'halfBare'> & Record<'fullRecording' | 'halfRecording', readonly Measured[]>,
): string {
  const rate = summariseRatios(
    fullOurs.map(({ perSecond }) => perSecond),
    fullRecording.map(({ perSecond }) => perSecond),
  );
  return `${method} against the recording pass-through: ours does ${spread(rate)} of its rate; it adds ${spread(addedOf(halfRecording, halfBare))} ms to the p50 of the bare one.`;
}

function addedOf(rival: readonly Measured[], bare: readonly Measured[]): Summary {
  return summarise(rival.map(({ p50Ms }, round) => p50Ms - (bare[round]?.p50Ms ?? Number.NaN)));
}

interface Results {
  readonly fullOurs: readonly Measured[];
  readonly fullBare: readonly Measured[];
  readonly halfOurs: readonly Measured[];
  readonly halfBare: readonly Measured[];
}

function goalsOf(method: string, { fullOurs, fullBare, halfOurs, halfBare }: Results): readonly Goal[] {
  const rate = summariseRatios(
    fullOurs.map(({ perSecond }) => perSecond),
    fullBare.map(({ perSecond }) => perSecond),
  );
  const added = addedOf(halfOurs, halfBare);
  const p99 = summarise(halfOurs.map(({ p99Ms }) => p99Ms));
  return [
    {
      what: `${method}: rate against the bare pass-through`,
      target: '≥ 0.5',
      measured: spread(rate),
      met: rate.median >= 0.5,
    },
    {
      what: `${method}: added p50 at half load`,
      target: '≤ 0.5 ms',
      measured: spread(added),
      met: added.median <= 0.5,
    },
    { what: `${method}: p99 at half load`, target: '≤ 3 ms', measured: spread(p99), met: p99.median <= 3 },
  ];
}
