// `npm start`: installs what is missing, then runs `sallyport dev` on the pinned Node. Runs itself on any Node from 20 on.
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';
import { report } from './problem.mjs';
import { supervise } from './supervise.mjs';

try {
  const command = await prepare();
  // As the first line of that program has it.
  const args = [
    '--max-semi-space-size=16',
    '--heap-growing-percent=50',
    join(root, 'cli', 'bin', 'sallyport.mjs'),
    'dev',
    ...process.argv.slice(2),
  ];
  process.exitCode = await supervise({ command, args });
} catch (error) {
  process.exitCode = report(error);
}
