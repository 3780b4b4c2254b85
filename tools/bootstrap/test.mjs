// `npm test`: installs what is missing, then runs every check on the pinned Node. Runs itself on any Node from 20 on.
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';
import { report } from './problem.mjs';
import { supervise } from './supervise.mjs';

try {
  const command = await prepare();
  const args = [join(root, 'tools', 'check', 'main.ts'), ...process.argv.slice(2)];
  process.exitCode = await supervise({ command, args });
} catch (error) {
  process.exitCode = report(error);
  process.stdout.write('0 passed, 1 failed, 0 skipped\n');
}
