// The example of the README runs as it stands and prints what it says.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

test('the example runs', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    cwd: new URL('..', import.meta.url),
    encoding: 'utf8',
    // The runner's own variables would turn the example into one of its tests.
    env: {},
  });
  assert.equal(stdout, 'true\nEntry 1 is cut off: the leaf hashes go further.\n', stderr);
});
