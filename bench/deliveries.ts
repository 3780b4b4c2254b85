import { type AdminAccess, administer } from './admin.ts';
import { startChild } from './child.ts';
import { spread, table } from './report.ts';
import type { Lengths } from './rounds.ts';
import type { BareDeliverySettings, Drain, Drained } from './servers/bare-delivery.ts';
import type { Setting } from './setting.ts';
import { summarise, summariseRatios } from './statistics.ts';

const CONNECTIONS = 64;
const LOOK_EVERY_MS = 5;
const GIVE_UP_MS = 120_000;

/** Deliveries to a local receiver over HTTPS: a backlog of stored events, against the least loop that keeps what it did. */
export async function deliveries({
  setting,
  lengths,
}: {
  setting: Setting;
  lengths: Lengths;
}): Promise<string> {
  const { ca, databaseUrl, gateway, upstream } = setting;
  const rival = startChild<BareDeliverySettings | Drain, Drained | null>(
    new URL('servers/bare-delivery.ts', import.meta.url),
  );
  try {
    await rival.ask({ ca, receiver: `https://${upstream}`, databaseUrl });
    const access: AdminAccess = { port: gateway.https, ca, key: gateway.adminKey };
    const { destination } = await administer<{ destination: { id: string } }>(access, {
      method: 'POST',
      path: '/destinations',
      body: { name: 'application', url: `https://${upstream}/webhooks` },
    });
    const path = `/destinations/${destination.id}`;
    const drainOurs = (): Promise<Drained & Drain> => drained(setting, { access, path, lengths });
    const ours: Drained[] = [];
    const bare: Drained[] = [];
    // One of each that is not counted, while the code is still being compiled.
    for (let round = -1; round < lengths.rounds; round += 1) {
      const one = await drainOurs();
      const other = await rival.ask({ deliveries: one.deliveries });
      if (round >= 0 && other !== null) {
        ours.push(one);
        bare.push(other);
      }
      process.stderr.write('.');
    }
    return document({ ours, bare });
  } finally {
    await rival.stop();
  }
}

interface Backlog {
  readonly access: AdminAccess;
  readonly path: string;
  readonly lengths: Lengths;
}

/** Lets webhooks come in while the destination is paused, then opens it, and watches the receiver until it has as many. */
async function drained(setting: Setting, { access, path, lengths }: Backlog): Promise<Drained & Drain> {
  const { ca, secret, gateway } = setting;
  const switchTo = (state: 'active' | 'paused'): Promise<unknown> =>
    administer(access, { method: 'PATCH', path, body: { state } });
  await switchTo('paused');
  const { answers } = await setting.load({
    target: { port: gateway.https, ca },
    requests: { kind: 'webhook', path: gateway.endpointPath, secret },
    connections: CONNECTIONS,
    perSecond: null,
    warmUpMs: 0,
    measureMs: lengths.measureMs,
  });
  const before = await setting.received();
  const { cpuMs } = await setting.usageOf('gateway');
  const startedAt = performance.now();
  await switchTo('active');
  while ((await setting.received()) - before < answers) {
    if (performance.now() - startedAt > GIVE_UP_MS) throw new Error('deliveries: not all arrived');
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const perSecond = (answers / (performance.now() - startedAt)) * 1_000;
  const spentMs = (await setting.usageOf('gateway')).cpuMs - cpuMs;
  return { deliveries: answers, perSecond, cpuMicroseconds: (spentMs * 1_000) / answers };
}

function document({ ours, bare }: Record<'ours' | 'bare', readonly Drained[]>): string {
  const row = (name: string, results: readonly Drained[]): string[] => [
    name,
    spread(summarise(results.map(({ perSecond }) => perSecond)), 0),
    spread(summarise(results.map(({ cpuMicroseconds }) => cpuMicroseconds)), 0),
  ];
  const ratio = summariseRatios(
    ours.map(({ perSecond }) => perSecond),
    bare.map(({ perSecond }) => perSecond),
  );
  return [
    '# Deliveries',
    '',
    'A backlog of stored events of 1 KiB, drained to one receiver on the same machine over HTTPS. The rival has 64 under way at a time, ours as many',
    'as one destination may have. Ours claims with a lease, opens the body, signs, checks and dials through its guard, and commits state, attempt and entry of the log before a delivery',
    'is over. The rival reads rows, signs, sends with undici, and inserts one row for each attempt; both on the same Postgres with `fsync`',
    'on. The design names no target for it.',
    '',
    table(
      ['sender', 'deliveries/s', 'own CPU µs per delivery'],
      [row('Sallyport', ours), row('bare loop, undici and INSERT', bare)],
    ),
    '',
    `Ours against the bare loop: ${spread(ratio)} of its rate.`,
    '',
  ].join('\n');
}
