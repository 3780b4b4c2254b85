// How long a revoked key still lets somebody in at another node: measured over two nodes, with the change feed heard and with
// it cut. Ends with 1 when it was a second or more.
//   node gateway/measure/revocation.ts [--rounds 200] [--out docs/results/revocation.md]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureRevocation } from './revocation.harness.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, out: { type: 'string' } },
});
const { report, late } = await measureRevocation(Number(values.rounds));
process.stdout.write(report);
if (values.out !== undefined) await writeFile(values.out, report);
process.exitCode = late === 0 ? 0 : 1;
