// Holds a node under a share of the load that it can take at most, with a destination that fails one request in ten and one that never
// answers, and writes down whether anything was lost, late or unbounded. Ends with 1 when it was.
//   node gateway/load/held.ts --minutes 30 --share 0.7 --out docs/results/held-load.md
// `--rate` gives the maximum instead of measuring it. A sixth of the time is the control, in which none is bad.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { isoTime, systemClock } from '#base';
import { runHeld } from './held.harness.ts';
import { heldReport } from './held-report.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    share: { type: 'string', default: '0.7' },
    rate: { type: 'string' },
    out: { type: 'string' },
  },
});
const given = {
  minutes: Number(values.minutes),
  share: Number(values.share),
  rate: values.rate === undefined ? null : Number(values.rate),
};
const held = await runHeld(given, (text) => process.stderr.write(`${isoTime(systemClock.now())} ${text}\n`));
const report = heldReport(given, held);
process.stdout.write(report);
if (values.out !== undefined) await writeFile(values.out, report);
process.exitCode = held.problems.length === 0 ? 0 : 1;
