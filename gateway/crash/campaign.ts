// Kills a gateway with SIGKILL again and again while webhooks come in, and writes down whether anything was lost:
//   node gateway/crash/campaign.ts --kills 1000 --seed one --database embedded --out docs/results/crash.md
// `--database` takes the address of an empty Postgres database as well.
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { isoTime, Secret, systemClock } from '#base';
import { campaignReport } from './campaign-report.ts';
import { runCampaign } from './run.harness.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: 'one' },
    database: { type: 'string', default: 'embedded' },
    'load-ms': { type: 'string', default: '3000' },
    rate: { type: 'string', default: '60' },
    'postgres-every': { type: 'string', default: '10' },
    out: { type: 'string' },
  },
});
const { seed, database, out } = values;
const startedAt = isoTime(systemClock.now());
const result = await runCampaign({
  kills: Number(values.kills),
  seed,
  database: database === 'embedded' ? 'embedded' : Secret.fromText(database),
  webhooksPerSecond: Number(values.rate),
  loadMsMax: Number(values['load-ms']),
  postgresEvery: Number(values['postgres-every']),
  tell: (text) => process.stderr.write(`${isoTime(systemClock.now())} ${text}\n`),
});
const command = [
  'node gateway/crash/campaign.ts',
  `--kills ${values.kills} --seed ${seed} --database ${database === 'embedded' ? 'embedded' : 'URL'}`,
  `--rate ${values.rate} --load-ms ${values['load-ms']} --postgres-every ${values['postgres-every']}`,
].join(' ');
const report = campaignReport(result, { command, startedAt, commit: commit() });
process.stdout.write(report);
if (out !== undefined) {
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, report);
}
process.exitCode = result.findings.problems.length + result.leftovers.length === 0 ? 0 : 1;

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
