import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import type { Measured, Series } from './history.harness.ts';

/** More than this is slower. */
const RATIO_MAX = 1.15;

/** What was measured as a Markdown page, and how many of its lines became slower with history. */
export function historyReport(
  given: { readonly events: number; readonly small: number; readonly rounds: number },
  measured: Measured,
): { report: string; slower: number } {
  const lines = measured.series.map((series) => lineOf(series));
  const slower = lines.filter(({ ratio }) => ratio > RATIO_MAX).length;
  const { events, small, rounds } = given;
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const report = [
    '# History',
    '',
    slower === 0
      ? `**Nothing becomes slower by more than 15 %** between ${count(small)} and ${count(events)} stored events.`
      : `**${slower} of ${lines.length} became slower by more than 15 %** between ${count(small)} and ${count(events)} stored events.`,
    '',
    'One node and one Postgres with two databases that differ in their history alone, asked in turns. History is events with duplicate',
    'keys, a delivery and an attempt each, over the last 28 days; the needles (a type, an endpoint, a destination, a state) belong to the 20 oldest',
    `events only, so that whoever scans for them scans all. Medians of ${rounds} rounds; a request goes over HTTPS, the statement is the slowest in it.`,
    '',
    `| | ${count(small)}: request | statement | ${count(events)}: request | statement | ratio of requests | of statements |`,
    '|---|---:|---:|---:|---:|---:|---:|',
    ...lines.map(({ text }) => text),
    '',
    `The large database is ${(measured.bytes / 2 ** 30).toFixed(1)} GiB on disk; filling it took ${Math.round(measured.fillMs / 1_000)} s.`,
    `Write-ahead log per webhook received: ${Math.round(measured.walBytes[0])} bytes at ${count(small)}, ${Math.round(measured.walBytes[1])} bytes at ${count(events)}.`,
    '',
    '```text',
    `node gateway/measure/history.ts --events ${events} --rounds ${rounds}`,
    '```',
    '',
    `Commit ${commit}, Node ${process.versions.node}, ${process.platform}/${process.arch}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}).`,
    '',
  ].join('\n');
  return { report, slower };
}

function lineOf({ what, small, large }: Series): { text: string; ratio: number } {
  const ratio = large.requestMs / small.requestMs;
  const statements = large.statementMs / small.statementMs;
  const cells = [
    what,
    ms(small.requestMs),
    ms(small.statementMs),
    ms(large.requestMs),
    ms(large.statementMs),
    `**${ratio.toFixed(2)}**`,
    Number.isFinite(statements) ? statements.toFixed(2) : '–',
  ];
  return { text: `| ${cells.join(' | ')} |`, ratio };
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
