// Checks the rules that the repository sets itself. One line per finding: `file:line rule: what, what to do`.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rules } from './rules.ts';
import { readTree } from './tree.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const tree = readTree(root);
const lines = rules.flatMap((rule) =>
  rule
    .check(tree)
    .map(({ path, line, what, remedy }) => `${path}:${line} ${rule.name}: ${what}: ${remedy}\n`),
);
process.stdout.write(lines.join(''));
process.stdout.write(`${rules.length} rules, ${tree.paths.length} files, ${lines.length} findings\n`);
process.exitCode = lines.length === 0 ? 0 : 1;
