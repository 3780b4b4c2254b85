import { goals, spread, table } from './report.ts';
import { alternate, type Lengths, type Measured, type Rival, warm } from './rounds.ts';
import type { Setting } from './setting.ts';
import { summarise, summariseRatios } from './statistics.ts';

const CONNECTIONS = 64;
const SHARE_OF_FULL = 0.7;
const RESIDENT_MAX_MIB = 250;

/** Webhook in: verified, deduplicated, sealed and on disk before the 2xx, against two that do less. */
export async function webhookIn({
  setting,
  lengths,
}: {
  setting: Setting;
  lengths: Lengths;
}): Promise<string> {
  const { ca, secret, gateway, bareHmac, sampleStack } = setting;
  const rival = (
    name: string,
    server: Rival['server'],
    place: { port: number; ca: string | null; path: string },
  ): Rival => ({
    name,
    server,
    order: {
      target: { port: place.port, ca: place.ca },
      requests: { kind: 'webhook', path: place.path, secret },
    },
  });
  const ours = rival('Sallyport (https)', 'gateway', { port: gateway.https, ca, path: gateway.endpointPath });
  const bare = rival('bare HMAC check, node:https', 'bareHmac', {
    port: bareHmac.https,
    ca,
    path: '/webhooks',
  });
  const plain = rival('bare HMAC check, node:http', 'bareHmac', {
    port: bareHmac.http,
    ca: null,
    path: '/webhooks',
  });
  const sample = rival('sample stack (https)', 'sampleStack', {
    port: sampleStack.https,
    ca,
    path: '/webhooks',
  });
  const rivals = [ours, bare, sample, plain];

  const common = { setting, lengths, rivals, connections: CONNECTIONS };
  await warm(common);
  const full = await alternate({ ...common, rateOf: () => null });
  const partial = await alternate({
    ...common,
    rateOf: ({ name }) => SHARE_OF_FULL * summarise(perSecond(full.get(name))).median,
  });

  const of = (results: ReadonlyMap<string, readonly Measured[]>, { name }: Rival): readonly Measured[] =>
    results.get(name) ?? [];
  const toBare = summariseRatios(perSecond(of(full, ours)), perSecond(of(full, bare)));
  const toPlain = summariseRatios(perSecond(of(full, ours)), perSecond(of(full, plain)));
  const toSample = summariseRatios(perSecond(of(full, ours)), perSecond(of(full, sample)));
  const p99 = summariseRatios(
    of(partial, ours).map(({ p99Ms }) => p99Ms),
    of(partial, bare).map(({ p99Ms }) => p99Ms),
  );
  const residentMiB = Math.max(...[...of(full, ours), ...of(partial, ours)].map((one) => one.residentMiB));

  const rows = rivals.map((one) => [
    one.name,
    spread(summarise(perSecond(of(full, one))), 0),
    spread(summarise(of(full, one).map(({ cpuMicroseconds }) => cpuMicroseconds)), 0),
    spread(summarise(of(full, one).map(({ databaseMicroseconds }) => databaseMicroseconds)), 0),
    summarise(of(full, one).map(({ walBytes }) => walBytes)).median.toFixed(0),
    spread(summarise(of(partial, one).map(({ p50Ms }) => p50Ms))),
    spread(summarise(of(partial, one).map(({ p99Ms }) => p99Ms))),
    spread(summarise(of(partial, one).map(({ ownDelayMs }) => ownDelayMs))),
    Math.max(...of(full, one).map((each) => each.residentMiB)).toFixed(0),
  ]);
  return [
    '# Webhook in',
    '',
    `Bodies of 1 KiB, each with its own id and HMAC, over ${CONNECTIONS} kept connections. Ours has no destination: the rivals deliver`,
    'nothing either. The bare server checks the HMAC and keeps nothing. The sample stack is Express 5 with `express.json` and one',
    'INSERT per event, on the same Postgres at the same durability, over the same TLS. Ours speaks TLS always, so the bare server over',
    '`node:https` is its like; `node:http` is shown beside it.',
    '',
    table(
      [
        'server',
        'events/s at full load',
        'own CPU µs per event',
        'Postgres CPU µs',
        'WAL bytes',
        `p50 ms at ${SHARE_OF_FULL * 100} %`,
        'p99 ms',
        'generator’s own p99 delay ms',
        'resident MiB',
      ],
      rows,
    ),
    '',
    goals([
      {
        what: 'rate against the bare server (https)',
        target: '≥ 0.5',
        measured: spread(toBare),
        met: toBare.median >= 0.5,
      },
      {
        what: 'rate against the bare server (http, for information)',
        target: '—',
        measured: spread(toPlain),
        met: null,
      },
      {
        what: 'rate against the sample stack',
        target: '≥ 2',
        measured: spread(toSample),
        met: toSample.median >= 2,
      },
      {
        what: `p99 at ${SHARE_OF_FULL * 100} % of its own full load against the bare server's (https)`,
        target: '≤ 2',
        measured: spread(p99),
        met: p99.median <= 2,
      },
      {
        what: 'resident under that load',
        target: `≤ ${RESIDENT_MAX_MIB} MiB`,
        measured: `${residentMiB.toFixed(0)} MiB`,
        met: residentMiB <= RESIDENT_MAX_MIB,
      },
    ]),
    '',
  ].join('\n');
}

function perSecond(results: readonly Measured[] | undefined): readonly number[] {
  return (results ?? []).map((result) => result.perSecond);
}
