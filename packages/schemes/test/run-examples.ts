import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs every `ts` example of a README as a program of its own, beside the README so that its imports resolve as a
 * reader's would, and answers with what each wrote to stdout. An example that fails fails the test.
 */
export function runExamples(readme: URL): string[] {
  const path = fileURLToPath(readme);
  const examples = [...readFileSync(path, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code]) => code ?? '',
  );
  assert.ok(examples.length > 0, 'a README without examples');
  const folder = mkdtempSync(join(dirname(path), '.examples-'));
  try {
    return examples.map((code, index) => {
      const file = join(folder, `example-${index}.ts`);
      writeFileSync(file, code);
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
        encoding: 'utf8',
        timeout: 30_000,
      });
      assert.equal(status, 0, stderr);
      return stdout;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
