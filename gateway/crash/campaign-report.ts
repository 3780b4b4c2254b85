import { cpus } from 'node:os';
import type { CampaignResult } from './run.harness.ts';

/** A campaign as a Markdown page. */
export function campaignReport(
  result: CampaignResult,
  { command, startedAt, commit }: { command: string; startedAt: string; commit: string },
): string {
  const { kills, findings, load, pull, startMs } = result;
  const total = kills.load + kills.start + kills.stop;
  const wrong = [...findings.problems, ...result.leftovers.map((text) => `left behind: ${text}`)];
  const refused = Object.entries(load.refused).map(([status, count]) => `${count} × ${status}`);
  const rows: readonly (readonly [string, string | number])[] = [
    ['kills of the gateway with SIGKILL', total],
    ['… under load / during start / during shutdown', `${kills.load} / ${kills.start} / ${kills.stop}`],
    ['… together with the whole Postgres server', result.postgresKills],
    ['orderly stops in between', result.stops],
    [
      'from the order to start to the listener, median / longest',
      `${ms(startMs.median)} / ${ms(startMs.max)}`,
    ],
    ['requests sent', load.requests],
    ['… broken by a kill', load.broken],
    ['… answered otherwise than 200', refused.length === 0 ? 'none' : refused.join(', ')],
    ['… acknowledged as duplicates', load.duplicates],
    ['webhooks acknowledged', load.acknowledged.length],
    ['own events acknowledged', load.own.length],
    ['events stored', findings.stored],
    ['… of which never acknowledged', findings.unacknowledged],
    ['events delivered', findings.delivered],
    ['… delivered more than once', findings.deliveredAgain],
    ['replays by a filter, all finished', findings.replays],
    ['… under way when a gateway was killed', findings.replaysCut],
    ['… deliveries that they made, each chosen event once', findings.replayed],
    ['events pulled', pull.events.length],
    ['… in answers', pull.pulls],
    ['… deliveries acknowledged, none given again', pull.acknowledged],
    ['… given again unacknowledged, when their lease was over', pull.givenAgain],
    ['deliveries answered 503 on purpose', result.refusedDeliveries],
    ['entries in the verified logs', findings.entries],
    ['checkpoints that had left the gateway, all consistent', findings.checkpoints],
    ['duration', `${Math.round(result.durationMs / 1_000)} s`],
  ];
  return [
    '# Crash campaign',
    '',
    wrong.length === 0
      ? '**Nothing was lost.** Every acknowledged event is stored exactly once and was delivered at least once under the id it was acknowledged with, with the bytes it came with. Nothing was delivered that is not stored. The log of each environment verifies offline, also against every checkpoint that had left the gateway, and names every stored event exactly once with its digest. Every replay chose each event of its filter once, none twice and none left out. Every stored event was pulled, and nothing acknowledged was given again. No process, lock or transaction was left behind.'
      : `**${wrong.length} problems.**`,
    '',
    ...wrong.map((text) => `- ${text}`),
    ...(wrong.length === 0 ? [] : ['']),
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    ...errorLines(result.errors),
    '```text',
    command,
    '```',
    '',
    `Started ${startedAt}, commit ${commit}, Node ${process.versions.node}, ${process.platform}/${process.arch}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}).`,
    '',
  ].join('\n');
}

function errorLines(errors: ReadonlyMap<string, number>): readonly string[] {
  if (errors.size === 0) return [];
  const most = [...errors].toSorted((left, right) => right[1] - left[1]).slice(0, 15);
  return [
    'What the gateways wrote at level error while they lost their database or were ended:',
    '',
    ...most.map(([text, count]) => `- ${count} × ${text}`),
    '',
  ];
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
