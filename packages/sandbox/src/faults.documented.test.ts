// The README shows every fault with its own sentence, no other, and every kind of line that a process sends.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { faultTable } from './faults.ts';
import { sandboxEventNames } from './sandbox-event.ts';

const readme = await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8');

test('the README’s table of faults is the table in the code', () => {
  const rows = Object.entries(faultTable).map(
    ([name, { surface, sentence }]) => `| \`${name}\` | ${surface} | ${sentence} |`,
  );
  const [, shown = ''] = /<!-- faults -->\n([^]*?)\n<!-- \/faults -->/.exec(readme) ?? [];
  assert.equal(shown, rows.join('\n'));
});

test('the README names every line that a process sends', () => {
  for (const name of sandboxEventNames) assert.ok(readme.includes(name), name);
});
