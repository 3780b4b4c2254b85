// The last line of a run is `N passed, N failed, N skipped`, the exit code tells whether anything failed, each skip has its reason and
// each failure its details.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTally, type Outcome } from './tally.ts';

function run(outcomes: readonly Outcome[]): { readonly text: string; readonly code: number } {
  let text = '';
  const tally = createTally({
    write: (more) => {
      text += more;
    },
  });
  for (const outcome of outcomes) tally.add(outcome);
  const code = tally.finish();
  return { text, code };
}

const passed: Outcome = { title: 'a.test.ts', results: [{ name: 'one', state: 'passed' }], durationMs: 1234 };
const skipped: Outcome = {
  title: 'b.test.ts',
  results: [{ name: 'two', state: 'skipped', details: 'no Redis here' }],
  durationMs: 1,
};
const failed: Outcome = {
  title: 'c.test.ts',
  results: [{ name: 'three', state: 'failed', details: 'AssertionError\n  at x' }],
  durationMs: 1,
};

test('passed and skipped: counts, reasons, code 0', () => {
  const { text, code } = run([passed, skipped]);
  assert.equal(code, 0);
  assert.match(text, /ok {3}a\.test\.ts \(1 passed, 1\.2 s\)/);
  assert.match(text, /b\.test\.ts: two: no Redis here/);
  assert.ok(text.endsWith('\n1 passed, 0 failed, 1 skipped\n'));
});

test('a failure: details at once, the name again at the end, code 1', () => {
  const { text, code } = run([passed, failed]);
  assert.equal(code, 1);
  assert.match(text, /FAIL c\.test\.ts/);
  assert.match(text, /failed: three\n {7}AssertionError\n {9}at x/);
  assert.match(text, /Failed:\n {2}c\.test\.ts: three\n/);
  assert.ok(text.endsWith('\n1 passed, 1 failed, 0 skipped\n'));
});

test('a run that checked nothing has failed', () => {
  for (const outcomes of [[], [skipped]]) {
    const { text, code } = run(outcomes);
    assert.equal(code, 1);
    assert.match(text, /0 passed, 1 failed, \d skipped\n$/);
  }
});
