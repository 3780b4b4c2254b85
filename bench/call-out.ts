import { type Goal, goals, spread, table } from './report.ts';
import { alternate, type Lengths, type Measured, type Rival, warm } from './rounds.ts';
import type { Setting } from './setting.ts';
import { summarise, summariseRatios } from './statistics.ts';

const CONNECTIONS = 32;
const RESIDENT_MAX_MIB = 250;
const METHODS = ['POST', 'GET'] as const;

/** Call out: authenticated, recorded on disk before and after, scrubbed, against a proxy that does none of it. */
export async function callOut({ setting, lengths }: { setting: Setting; lengths: Lengths }): Promise<string> {
  const rows: string[][] = [];
  const list: Goal[] = [];
  let residentMiB = 0;
  for (const method of METHODS) {
    const { ours, bare, rivals } = rivalsOf(setting, method);
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
    rows.push(rowOf(ours.name, fullOurs, halfOurs), rowOf(bare.name, fullBare, halfBare));
    list.push(...goalsOf(method, { fullOurs, fullBare, halfOurs, halfBare }));
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
    'streams both ways with undici, over the same TLS. “Half load” is half of what ours does at full load, and the same arrivals per',
    'second for both.',
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
  ].join('\n');
}

function rivalsOf(
  { ca, gateway, passThrough }: Setting,
  method: (typeof METHODS)[number],
): { ours: Rival; bare: Rival; rivals: readonly Rival[] } {
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
  return { ours, bare, rivals: [ours, bare] };
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
  const added = summarise(halfOurs.map(({ p50Ms }, round) => p50Ms - (halfBare[round]?.p50Ms ?? Number.NaN)));
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
