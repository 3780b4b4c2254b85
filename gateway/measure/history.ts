// Whether anything becomes slower with history: the same gateway on a database with ten thousand events and on one with ten
// million, asked in turns within one run. Ends with 1 when something took more than 15 % longer.
//   node gateway/measure/history.ts [--events 10000000] [--rounds 7] [--out docs/results/history.md]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureHistory } from './history.harness.ts';
import { historyReport } from './history-report.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000000' },
    small: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '7' },
    out: { type: 'string' },
  },
});
const given = { events: Number(values.events), small: Number(values.small), rounds: Number(values.rounds) };
const measured = await measureHistory(given);
const { report, slower } = historyReport(given, measured);
process.stdout.write(report);
if (values.out !== undefined) await writeFile(values.out, report);
process.exitCode = slower === 0 ? 0 : 1;
