import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { type Held, PHASE, type PhaseFigures, ROUNDS, type Sample, WINDOWS } from './held.harness.ts';

const ROWS_MAX = 24;
const BAD_MS = 500;

/** A held load as a Markdown page. */
export function heldReport(
  given: { readonly minutes: number; readonly share: number; readonly rate: number | null },
  held: Held,
): string {
  const { platform, application, samples, control, hold } = held;
  const refused = Object.entries(platform.refused).map(([status, count]) => `${count} × ${status}`);
  const rows: readonly (readonly [string, string])[] = [
    ['webhooks taken at most', held.takenMax === null ? 'not measured' : `${held.takenMax.toFixed(0)}/s`],
    ['… and delivered to three destinations that are well, at most', `${held.sustainedMax.toFixed(0)}/s`],
    ['held', `${held.rate.toFixed(0)}/s for ${given.minutes} minutes`],
    ['webhooks acknowledged, and stored', `${number(platform.acknowledged)}, ${number(held.stored)}`],
    ['… answered as duplicates, having been sent again', number(platform.duplicates)],
    ['… refused meanwhile', refused.length === 0 ? 'none' : refused.join(', ')],
    ['… broken off by the kill at the end', number(platform.broken)],
    [
      'deliveries taken by `good`, by `failing`',
      `${number(application.taken['/good'] ?? 0)}, ${number(application.taken['/failing'] ?? 0)}`,
    ],
    ['… taken more than once', number(held.deliveredAgain)],
    [
      'requests that `failing` refused, that `hanging` left without an answer',
      `${number(application.refused)}, ${number(application.left)}`,
    ],
    ['resident, highest of the node', mib(Math.max(...samples.map(({ residentBytes }) => residentBytes)))],
    ['not yet taken by `good`, most at a look', number(mostUntaken(samples, 'good'))],
    ['not yet taken by `failing`, most at a look', number(mostUntaken(samples, 'failing'))],
    ['the database at the end', `${mib(held.databaseBytes)}, ${held.isInMemory ? 'in memory' : 'on a disk'}`],
    [
      'from the start after the kill until everything was delivered',
      `${(held.drainMs / 1_000).toFixed(0)} s`,
    ],
  ];
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return [
    '# Held load',
    '',
    held.problems.length === 0
      ? '**Nothing was lost.** Everything acknowledged is stored once, and was delivered to the good destination and to the one that fails one request in ten, also what was acknowledged in the moment in which node and database were killed.'
      : `**${held.problems.length} problems.**`,
    '',
    ...held.problems.map((text) => `- ${text}`),
    ...(held.problems.length === 0 ? [] : ['']),
    'One node, its Postgres, the platform and the applications are processes of their own on one machine. The platform sends at a fixed rate, whatever',
    'becomes of it; latencies count from when a webhook was due to be sent. Control and bad ones take turns, so that both have a small database',
    `and a large one and whatever the machine does besides: for ${minutes(given.minutes / ROUNDS / WINDOWS)} one destination is paused and two are well, then for ${minutes((given.minutes / ROUNDS / WINDOWS) * (WINDOWS - 1))}`,
    'one refuses one request in ten and the one that was paused never answers. At the end node and database are killed with SIGKILL under load, and started again.',
    'Waits of the schedule that are left then are cut short.',
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '| | webhooks | to the acknowledgement, p50 | p99 | to the good destination, p50 | p99 |',
    '|---|---:|---:|---:|---:|---:|',
    phaseRow('control', control),
    phaseRow('with the bad ones', hold),
    '',
    ...comparison(held),
    '',
    '| second | | resident | not yet taken: good | failing | hanging | webhooks under way | p99 to the good one | machine idle | stolen | disk busy | written |',
    '|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...spread(samples).map(sampleRow),
    '',
    `Each row is a look; between two are ${spacing(samples) - 1} more. p99 and what is right of it are those of the seconds before the look. Stolen is`,
    'what the machine’s host gave to others. A disk that is busy and writes little is slow by itself, or by others.',
    '',
    'What is due for a destination that never answers waits in the database, not in the node.',
    '',
    '```text',
    `${held.isInMemory ? 'TMPDIR=/dev/shm ' : ''}node gateway/load/held.ts --minutes ${given.minutes} --share ${given.share}${given.rate === null ? '' : ` --rate ${given.rate}`}`,
    '```',
    '',
    `Commit ${commit}, Node ${process.versions.node}, ${process.platform}/${process.arch}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}).`,
    '',
  ].join('\n');
}

function phaseRow(name: string, { count, acknowledgement, delivery }: PhaseFigures): string {
  const cells = [acknowledgement.p50, acknowledgement.p99, delivery.p50, delivery.p99].map(
    (ms) => `${ms.toFixed(1)} ms`,
  );
  return `| ${[name, number(count), ...cells].join(' | ')} |`;
}

/** By the whole, which a bad minute of the machine decides, and by the look, which it doesn't; and what the machine did in bad ones. */
function comparison({ control, hold, samples, isInMemory }: Held): readonly string[] {
  const looksOf = (phase: number): readonly number[] =>
    samples.filter((look) => look.phase === phase).map(({ deliveryP99Ms }) => deliveryP99Ms);
  const row = (name: string, phase: number): string =>
    `| ${name} | ${[0.5, 0.75, 0.9].map((share) => `${quantile(looksOf(phase), share).toFixed(0)} ms`).join(' | ')} |`;
  const median = (isBad: boolean, of: (look: Sample) => number): number =>
    quantile(samples.filter(({ deliveryP99Ms }) => deliveryP99Ms > BAD_MS === isBad).map(of), 0.5);
  const machineWhere = (isBad: boolean): string =>
    [
      ...(isInMemory
        ? []
        : [
            `the disk was busy for ${percent(median(isBad, ({ diskBusy }) => diskBusy))} of the time with writing ${perSecond(median(isBad, ({ diskBytes }) => diskBytes))}`,
          ]),
      `the host gave ${percent(median(isBad, ({ stolen }) => stolen))} of the machine to others`,
    ].join(', and ');
  const bad = samples.filter(({ deliveryP99Ms }) => deliveryP99Ms > BAD_MS).length;
  return [
    `The good destination's p99 with the bad ones is ${(hold.delivery.p99 / control.delivery.p99).toFixed(2)} times that of the control. Of the p99 of`,
    'each look, so that one bad minute of the machine decides nothing:',
    '',
    '| p99 to the good destination, by the look | the median look | three quarters are below | nine tenths are below |',
    '|---|---:|---:|---:|',
    row('control', PHASE.control),
    row('with the bad ones', PHASE.hold),
    '',
    `In ${bad} of ${samples.length} looks it was above ${BAD_MS} ms.`,
    ...(bad === 0
      ? []
      : [`In the median of those ${machineWhere(true)};`, `in that of the rest ${machineWhere(false)}.`]),
  ];
}

function sampleRow({ atSeconds, phase, residentBytes, untaken, underWay, ...rest }: Sample): string {
  const cells = [
    atSeconds,
    phase === PHASE.control ? 'control' : 'bad',
    mib(residentBytes),
    ...['good', 'failing', 'hanging'].map((name) => untaken[name] ?? 0),
    underWay,
    `${rest.deliveryP99Ms.toFixed(0)} ms`,
    percent(rest.idle),
    percent(rest.stolen),
    percent(rest.diskBusy),
    written(rest),
  ];
  return `| ${cells.join(' | ')} |`;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${Math.round(share * 100)} %`;
}

/** Not every sample: as many as a page bears, the first and the last among them. */
function spread(samples: readonly Sample[]): readonly Sample[] {
  const step = spacing(samples);
  return samples.filter((_, at) => at % step === 0 || at === samples.length - 1);
}

function spacing(samples: readonly Sample[]): number {
  return Math.max(1, Math.ceil(samples.length / ROWS_MAX));
}

function mostUntaken(samples: readonly Sample[], name: string): number {
  return Math.max(0, ...samples.map(({ untaken }) => untaken[name] ?? 0));
}

function written({ diskBytes }: Sample): string {
  return Number.isNaN(diskBytes) ? '–' : perSecond(diskBytes);
}

function perSecond(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB/s`;
}

function minutes(count: number): string {
  return count === 1 ? 'a minute' : `${count.toLocaleString('en', { maximumFractionDigits: 1 })} minutes`;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
